import { assertThrows } from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { Tape } from "../../kernels/program/tape.ts";
import {
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

function sumOf(shape: number[]): () => Subject {
  return () => {
    const tape = new Tape();
    const size = shape.reduce((a, b) => a * b);
    const x = inputTensor("x", shape);
    const z = inputTensor("z", shape);
    // x is used twice, so its shared gradient must be copied before it is added to.
    const y = add(tape, add(tape, x, z), x);
    return { tape, inputs: new Map([[x, randomFloats(size, 1)], [z, randomFloats(size, 2)]]), outputs: [y] };
  };
}

Deno.test("add() has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(sumOf([2, 3]));
});

for (const shape of [[1], [4, 64], [5, 123], [2, 5, 7]]) {
  Deno.test(`add() on the GPU matches the reference for [${shape}]`, async () => {
    await assertGpuMatchesReference(sumOf(shape));
  });
}

Deno.test("add() refuses different shapes", () => {
  assertThrows(
    () => add(new Tape(), inputTensor("a", [2]), inputTensor("b", [3])),
    TypeError,
    "shapes must be equal",
  );
});
