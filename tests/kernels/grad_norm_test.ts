import { assertEquals, assertThrows } from "@std/assert";
import { createGradNorm, gradNorm } from "../../kernels/grad_norm/grad_norm.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, randomFloats } from "../support/operation_checks.ts";

async function normOn(backend: Backend, windows: Float32Array[]): Promise<Float32Array> {
  const gradients = windows.map((data, i) => createTensor(`g${i}`, [data.length], { lifetime: "gradient" }));
  const norm = createGradNorm();
  const tape = new Tape();
  gradNorm(tape, gradients, norm);
  gradients.forEach((gradient, i) => backend.write(gradient, windows[i]));
  backend.compile(tape.calls, "norm").replay();
  return await backend.read(norm) as Float32Array;
}

async function referenceNorm(windows: Float32Array[]): Promise<Float32Array> {
  await using reference = openReferenceBackend();
  return await normOn(reference, windows);
}

Deno.test("gradNorm() is the root of the sum of squares over all windows", async () => {
  assertEquals(
    await referenceNorm([new Float32Array([1, 2, 0, 0]), new Float32Array([0, 0, 2, 4])]),
    new Float32Array([5, 0, 0, 0]),
  );
});

for (const sizes of [[4], [64], [64, 192, 4], [5 * 124], [65_536, 64 * 1021], [1_048_576]]) {
  Deno.test(`gradNorm() on the GPU matches the reference for windows of ${sizes}`, async () => {
    await using gpu = await openTestGpu();
    if (!gpu) return;
    const windows = sizes.map((size, i) => randomFloats(size, i + 1));
    assertClose(await normOn(gpu, windows), await referenceNorm(windows), { name: "norm", tolerance: 1e-5 });
  });
}

Deno.test("gradNorm() counts what is not finite, wherever it is, and leaves it out of the norm", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  for (const at of [0, 1, 4094, 4095, 4096 + 17, 2 * 4096 - 1]) {
    const both = randomFloats(8192, 3);
    both[at] = [NaN, Infinity, -Infinity][at % 3];
    const windows = [both.subarray(0, 4096), both.subarray(4096)];
    const expected = await referenceNorm(windows);
    assertEquals(expected[1], 1);
    assertClose(await normOn(gpu, windows), expected, { name: `norm with one bad at ${at}` });
  }
  const all = new Float32Array(256).fill(NaN);
  assertEquals(await normOn(gpu, [all]), new Float32Array([0, 256, 0, 0]));
});

Deno.test("gradNorm() calls a sum of squares beyond f32 not finite", async () => {
  const huge = [new Float32Array(64).fill(1e19)];
  assertEquals((await referenceNorm(huge))[1], 1);
  await using gpu = await openTestGpu();
  if (!gpu) return;
  assertEquals((await normOn(gpu, huge))[1], 1);
});

Deno.test("gradNorm() reads all of a window as large as adapters bind", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const size = 2 ** 25;
  const ones = new Float32Array(size).fill(1);
  assertClose(await normOn(gpu, [ones]), [Math.sqrt(size), 0, 0, 0], { name: "norm", tolerance: 1e-6 });
});

Deno.test("gradNorm() gives the same bits for the same gradient", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const windows = [randomFloats(300_032, 9)];
  assertEquals(await normOn(gpu, windows), await normOn(gpu, windows));
});

Deno.test("gradNorm() refuses windows that are no multiple of four and a result of another size", () => {
  const gradient = createTensor("g", [6]);
  assertThrows(() => gradNorm(new Tape(), [gradient], createGradNorm()), TypeError, "multiple of 4");
  assertThrows(() => gradNorm(new Tape(), [], createGradNorm()), TypeError, "at least one window");
  assertThrows(() => gradNorm(new Tape(), [createTensor("g", [8])], gradient), TypeError, "result of [4]");
});
