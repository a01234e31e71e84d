import { assert, assertEquals, assertThrows } from "@std/assert";
import { columnSum, columnSumBlock } from "../../kernels/column_sum/column_sum.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertGpuMatchesReference,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

function sumOf(shape: [number, number], accumulate: boolean): () => Subject {
  return () => {
    const tape = new Tape();
    const x = inputTensor("x", shape, { requiresGradient: false });
    const y = inputTensor("y", [shape[1]], { requiresGradient: false });
    columnSum(tape, x, y, { accumulate });
    const inputs = new Map([[x, randomFloats(shape[0] * shape[1], 1)], [y, randomFloats(shape[1], 2, 50)]]);
    return { tape, inputs, outputs: [y] };
  };
}

// Several blocks, several groups of columns, and rows that do not fill the last block of either.
for (const shape of [[1, 1], [64, 64], [5, 123], [300, 7], [1030, 260], [129, 1100]] as [number, number][]) {
  for (const accumulate of [false, true]) {
    const verb = accumulate ? "adds to" : "overwrites";
    Deno.test(`columnSum() on the GPU matches the reference for [${shape}] and ${verb} y`, async () => {
      await assertGpuMatchesReference(sumOf(shape, accumulate));
    });
  }
}

Deno.test("columnSum() sums more rows than one invocation may loop over", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const rows = 70_000;
  const x = createTensor("x", [rows, 1], { lifetime: "persistent" });
  const y = createTensor("y", [1], { lifetime: "persistent" });
  const tape = new Tape();
  columnSum(tape, x, y, { accumulate: false });
  gpu.write(x, new Float32Array(rows).fill(1));
  gpu.compile(tape.calls, "column_sum").replay();
  assertEquals(await gpu.read(y), new Float32Array([rows]));
});

Deno.test("columnSumBlock() stays below the loop cap of software adapters", () => {
  for (const rows of [1, 128, 129, 65_536, 10_000_000]) assert(columnSumBlock(rows) < 60_000, `${rows} rows`);
});

Deno.test("columnSum() refuses a result of another width", () => {
  const x = inputTensor("x", [4, 3]);
  const y = inputTensor("y", [4]);
  assertThrows(() => columnSum(new Tape(), x, y, { accumulate: false }), TypeError, "sizes differ");
});
