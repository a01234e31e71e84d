import { assertEquals } from "@std/assert";
import { add, addPass } from "../../kernels/add/add.ts";
import { copy } from "../../kernels/copy/copy.ts";
import { fuseEpilogues } from "../../kernels/matmul/fuse_epilogues.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import type { KernelFamily } from "../../kernels/program/lowering.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { sizeOf } from "../../kernels/program/tensor.ts";
import {
  assertGpuMatchesReference,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

/** x + activation(x W + bias) V + bias, the feed-forward half of a block. */
function feedForward(
  size: { N: number; C: number; F: number },
  activation: "gelu" | "relu" = "gelu",
): () => Subject {
  const { N, C, F } = size;
  return () => {
    const tape = new Tape();
    const x = inputTensor("x", [N, C]);
    const up = inputTensor("up", [C, F]);
    const upBias = inputTensor("up_bias", [F]);
    const down = inputTensor("down", [F, C]);
    const downBias = inputTensor("down_bias", [C]);
    const hidden = matmul(tape, x, up, { bias: upBias, activation });
    const y = add(tape, x, matmul(tape, hidden, down, { bias: downBias }));
    const inputs = new Map([x, up, upBias, down, downBias].map((tensor, i) => {
      return [tensor, randomFloats(sizeOf(tensor), i + 1)];
    }));
    return { tape, inputs, outputs: [y] };
  };
}

/** Names of the calls after the backward pass, before and after fusing. */
function namesOf(tape: Tape): { recorded: string[]; fused: string[] } {
  return {
    recorded: tape.calls.map(({ pass }) => pass.name),
    fused: fuseEpilogues(tape.calls).map(({ pass }) => pass.name),
  };
}

for (const kernels of ["wave", "tile", "plain"] as KernelFamily[]) {
  for (const [N, C, F] of [[1, 1, 1], [5, 7, 12], [33, 64, 128], [70, 20, 36]]) {
    Deno.test(`fuseEpilogues() keeps feed-forward ${N}x${C}x${F} equal to the reference (${kernels})`, async () => {
      await assertGpuMatchesReference(feedForward({ N, C, F }), { kernels });
    });
  }
}

Deno.test("fuseEpilogues() keeps relu equal to the reference", async () => {
  await assertGpuMatchesReference(feedForward({ N: 9, C: 16, F: 24 }, "relu"));
});

Deno.test("fuseEpilogues() absorbs residual, activation's derivative and the gradients of biases", () => {
  const { tape, outputs } = feedForward({ N: 8, C: 4, F: 8 })();
  tape.passGradient(outputs[0], inputTensor("seed", [8, 4]));
  tape.backward();
  const { recorded, fused } = namesOf(tape);
  const gone = recorded.filter((name) => !fused.includes(name));
  assertEquals(gone.sort(), [
    "activation_backward",
    "add_forward",
    "column_sum_forward",
    "column_sum_forward",
  ]);
  assertEquals(fused.filter((name) => name === "matmul_forward").length, 6);
});

Deno.test("fuseEpilogues() leaves a product alone whose result is read twice", () => {
  const tape = new Tape();
  const x = inputTensor("x", [4, 4]);
  const product = matmul(tape, x, inputTensor("w", [4, 4]));
  add(tape, x, product);
  copy(tape, product, inputTensor("kept", [4, 4]));
  const { recorded, fused } = namesOf(tape);
  assertEquals(fused, recorded);
});

Deno.test("fuseEpilogues() does not read a residual before it is written", () => {
  const tape = new Tape();
  const x = inputTensor("x", [4, 4]);
  const residual = inputTensor("residual", [4, 4]);
  const product = matmul(tape, x, inputTensor("w", [4, 4]));
  copy(tape, x, residual);
  add(tape, residual, product);
  const { recorded, fused } = namesOf(tape);
  assertEquals(fused, recorded);
});

Deno.test("fuseEpilogues() does not overwrite what is still to be read", () => {
  const tape = new Tape();
  const x = inputTensor("x", [4, 4]);
  const target = inputTensor("target", [4, 4]);
  const product = matmul(tape, x, inputTensor("w", [4, 4]));
  copy(tape, target, inputTensor("kept", [4, 4]));
  tape.record(addPass, {
    inputs: { x, z: product },
    outputs: { y: target },
    attributes: { accumulate: false },
  });
  const { recorded, fused } = namesOf(tape);
  assertEquals(fused, recorded);
});
