import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { addPass } from "../../../kernels/add/add.ts";
import { copy } from "../../../kernels/copy/copy.ts";
import type { Lowering } from "../../../kernels/program/lowering.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { createTensor } from "../../../kernels/program/tensor.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { inputTensor, randomFloats } from "../../support/operation_checks.ts";

Deno.test("GpuBackend keeps writes and replays in order within one submit", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const [x, sum] = [inputTensor("x", [4]), inputTensor("sum", [4])];
  const tape = new Tape();
  tape.record(addPass, { inputs: { x }, outputs: { y: sum }, attributes: { accumulate: true } });
  const program = gpu.compile(tape.calls, "sum");
  const submits = gpu.submits;
  for (let i = 1; i <= 10; i++) {
    gpu.write(x, new Float32Array(4).fill(i));
    program.replay();
  }
  assertEquals(await gpu.read(sum), new Float32Array(4).fill(55));
  assertEquals(gpu.submits - submits, 1);
});

Deno.test("GpuBackend cuts work into submits of segmentMs", async () => {
  await using gpu = await openTestGpu({ segmentMs: 1 });
  if (!gpu) return;
  const [x, y] = [inputTensor("x", [4]), inputTensor("y", [4])];
  const tape = new Tape();
  copy(tape, x, y);
  const program = gpu.compile(tape.calls, "copies");
  const submits = gpu.submits;
  for (let i = 0; i < 2000; i++) program.replay();
  await gpu.read(y);
  assert(gpu.submits - submits > 2, `${gpu.submits - submits} submits`);
});

Deno.test("GpuBackend reads more than its staging buffer holds", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const x = inputTensor("x", [(5 << 20) / 4 + 3]);
  const data = randomFloats(x.shape[0], 1);
  gpu.write(x, data);
  assertEquals(await gpu.read(x), data);
});

Deno.test("GpuBackend refuses to read an activation", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  await assertRejects(() => gpu.read(createTensor("hidden", [4])), Error, "cannot read activation hidden");
});

Deno.test("GpuBackend names a misspelt operand and a missing size", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const lowered = (dispatch: Parameters<Lowering["dispatch"]>[0]) => {
    const pass = {
      name: "probe",
      reference: () => {},
      lower: (_: unknown, lowering: Lowering) => lowering.dispatch(dispatch),
    };
    return () => gpu.compile([{ pass, attributes: {}, inputs: {}, outputs: {}, site: 0 }], "probe");
  };
  const code = `struct ProbeShape { size: u32 }
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<uniform> shape: ProbeShape;
@compute @workgroup_size(1) fn probe() { y[0] = f32(shape.size); }`;
  const y = inputTensor("y", [4]);
  assertThrows(
    lowered({ kernel: "probe", code, bindings: { z: y }, shape: { size: 1 }, grid: [1] }),
    Error,
    "no binding z",
  );
  assertThrows(
    lowered({ kernel: "probe", code, bindings: { y }, grid: [1] }),
    Error,
    "needs size in its shape",
  );
});

Deno.test("GpuBackend turns an error of the shader compiler into an exception of the next read", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const dispatch = { kernel: "broken", code: "fn broken() { nonsense }", bindings: {}, grid: [1] } as const;
  const lower = (_: unknown, lowering: Lowering) => lowering.dispatch(dispatch);
  const pass = { name: "broken", reference: () => {}, lower };
  gpu.compile([{ pass, attributes: {}, inputs: {}, outputs: {}, site: 0 }], "broken");
  await assertRejects(() => gpu.read(inputTensor("x", [4])), Error, "WebGPU: ");
});

Deno.test("GpuBackend times every dispatch of a program", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const [x, y] = [inputTensor("x", [1 << 20]), inputTensor("y", [1 << 20])];
  const tape = new Tape();
  copy(tape, x, y);
  const nanoseconds = await gpu.time(gpu.compile(tape.calls, "copy"));
  assertEquals(nanoseconds.length, 1);
  assert(nanoseconds[0] > 1000, `${nanoseconds[0]} ns`);
});
