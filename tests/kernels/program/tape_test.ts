import { assertEquals, assertStrictEquals } from "@std/assert";
import { add } from "../../../kernels/add/add.ts";
import { copyPass } from "../../../kernels/copy/copy.ts";
import { matmul } from "../../../kernels/matmul/matmul.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { inputTensor } from "../../support/operation_checks.ts";

function passNames(tape: Tape): string[] {
  return tape.calls.map((call) => call.pass.name);
}

Deno.test("Tape hands a residual's gradient on without a copy", () => {
  const tape = new Tape();
  const x = inputTensor("x", [2, 4]);
  const weight = inputTensor("weight", [4, 4]);
  const y = add(tape, x, matmul(tape, matmul(tape, x, weight), weight));
  const seed = inputTensor("seed", [2, 4]);
  tape.passGradient(y, seed);
  tape.backward();
  // The branch's part is added into the gradient x shares with the sum: nobody reads that one any more.
  assertStrictEquals(tape.gradientOf(x), seed);
  assertEquals(tape.calls.some((call) => call.pass === copyPass), false);
  assertEquals(passNames(tape).slice(3), Array(4).fill("matmul_forward"));
});

Deno.test("Tape copies a shared gradient before adding to it while somebody still reads it", () => {
  const tape = new Tape();
  const [x, z] = [inputTensor("x", [2, 4]), inputTensor("z", [2, 4])];
  const y = add(tape, add(tape, x, z), x);
  tape.passGradient(y, inputTensor("seed", [2, 4]));
  tape.backward();
  assertEquals(tape.calls.some((call) => call.pass === copyPass), true);
});

Deno.test("Tape records nothing for what needs no gradient", () => {
  const tape = new Tape();
  const x = inputTensor("x", [2, 4], { requiresGradient: false });
  const weight = inputTensor("weight", [4, 4], { requiresGradient: false });
  const y = matmul(tape, x, weight);
  tape.passGradient(y, inputTensor("seed", [2, 4]));
  tape.backward();
  assertEquals(tape.calls.length, 1);
});

Deno.test("Tape skips the product for a frozen weight", () => {
  const tape = new Tape();
  const x = inputTensor("x", [2, 4]);
  const frozen = inputTensor("weight", [4, 4], { requiresGradient: false });
  const y = matmul(tape, x, frozen);
  tape.passGradient(y, inputTensor("seed", [2, 4]));
  tape.backward();
  assertEquals(tape.calls.map((call) => call.attributes.mode), ["NN", "NT"]);
});
