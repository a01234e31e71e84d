import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { dropout, dropoutPass } from "../../kernels/dropout/dropout.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { createStepControl, packStepControl, type StepControl } from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import {
  assertGpuMatchesReference,
  assertGradientMatchesDifferences,
  inputTensor,
  randomFloats,
  type Subject,
} from "../support/operation_checks.ts";

const CONTROL: StepControl = { step: 3, seed: 42, firstSample: 0, lossDivisor: 1, learningRate: 0 };

function dropoutOf(shape: number[], options: { residual?: boolean } = {}): () => Subject {
  return () => {
    const tape = new Tape();
    const x = inputTensor("x", shape);
    const control = createStepControl();
    const y = dropout(tape, x, { probability: 0.3, control });
    const inputs = new Map<ReturnType<typeof inputTensor>, Float32Array | Uint32Array>([
      [x, randomFloats(shape.reduce((a, b) => a * b), 1)],
      [control, packStepControl(CONTROL)],
    ]);
    return { tape, inputs, outputs: [options.residual ? add(tape, x, y) : y] };
  };
}

/** Dropout of ones on `backend`: the mask times 1 / (1 - p). */
async function maskOn(
  backend: Backend,
  options: { shape: number[]; control?: Partial<StepControl>; site?: number; probability?: number },
): Promise<number[]> {
  const { shape, probability = 0.5, site = 0 } = options;
  const size = shape.reduce((a, b) => a * b);
  const x = createTensor("x", shape, { lifetime: "persistent" });
  const y = createTensor("y", shape, { lifetime: "persistent" });
  const control = createStepControl();
  backend.write(x, new Float32Array(size).fill(1));
  backend.write(control, packStepControl({ ...CONTROL, ...options.control }));
  const attributes = { probability, elementsPerSample: size / shape[0], accumulate: false };
  const call = { pass: dropoutPass, attributes, inputs: { x, control }, outputs: { y }, site };
  backend.compile([call], "mask").replay();
  return [...await backend.read(y)];
}

Deno.test("dropout() has the gradient of its numerical derivative", async () => {
  await assertGradientMatchesDifferences(dropoutOf([2, 9]));
});

// The mask must agree bit for bit, or whole elements would differ.
for (const shape of [[1], [4, 64], [5, 123], [2, 5, 7], [8, 16, 64]]) {
  Deno.test(`dropout() on the GPU matches the reference for [${shape}]`, async () => {
    await assertGpuMatchesReference(dropoutOf(shape));
  });
}

Deno.test("dropout() on the GPU adds to the gradient of a residual stream", async () => {
  await assertGpuMatchesReference(dropoutOf([3, 20], { residual: true }));
});

Deno.test("dropout() keeps the mean and drops its share", async () => {
  await using reference = openReferenceBackend();
  const mask = await maskOn(reference, { shape: [4, 5000], probability: 0.2 });
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  assertAlmostEquals(dropped, 0.2, 0.012);
  assert(mask.every((value) => value === 0 || Math.abs(value - 1.25) < 1e-6));
});

Deno.test("dropout() on the GPU draws the mask of the reference for odd thresholds", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  await using reference = openReferenceBackend();
  for (const probability of [0.1, 0.7, 1 / 3]) {
    const options = { shape: [2, 2001], probability, control: { firstSample: 9 }, site: 5 };
    const isKept = (value: number) => value !== 0;
    assertEquals((await maskOn(gpu, options)).map(isKept), (await maskOn(reference, options)).map(isKept));
  }
  // The first number of this seed is 0.7 rounded to f32: not below the rounded probability, so kept.
  const tie = { shape: [1, 1], probability: 0.7, control: { seed: 20_075_020 } };
  assertAlmostEquals((await maskOn(gpu, tie))[0], 1 / 0.3, 1e-5);
  assertAlmostEquals((await maskOn(reference, tie))[0], 1 / 0.3, 1e-5);
});

Deno.test("dropout() draws the same for a batch of 8 and two of 4", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const whole = await maskOn(backend, { shape: [8, 60] });
  const first = await maskOn(backend, { shape: [4, 60] });
  const second = await maskOn(backend, { shape: [4, 60], control: { firstSample: 4 } });
  assertEquals([...first, ...second], whole);
});

Deno.test("dropout() draws anew for another step, seed and call site", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const base = await maskOn(backend, { shape: [4, 60] });
  assertEquals(await maskOn(backend, { shape: [4, 60] }), base);
  assertNotEquals(await maskOn(backend, { shape: [4, 60], control: { step: 4 } }), base);
  assertNotEquals(await maskOn(backend, { shape: [4, 60], control: { seed: 43 } }), base);
  assertNotEquals(await maskOn(backend, { shape: [4, 60], site: 1 }), base);
});

Deno.test("dropout() of probability 0 is its input", () => {
  const tape = new Tape();
  const x = inputTensor("x", [2, 3]);
  assertStrictEquals(dropout(tape, x, { probability: 0, control: createStepControl() }), x);
  assertEquals(tape.calls.length, 0);
});

Deno.test("dropout() counts elements within the samples it is told of", () => {
  const tape = new Tape();
  dropout(tape, inputTensor("x", [12, 5]), { probability: 0.5, control: createStepControl(), samples: 3 });
  assertEquals(tape.calls[0].attributes.elementsPerSample, 20);
  const options = { probability: 0.5, control: createStepControl(), samples: 7 };
  assertThrows(
    () => dropout(tape, inputTensor("x", [12, 5]), options),
    RangeError,
    "does not divide into 7 samples",
  );
});

Deno.test("dropout() refuses probabilities outside [0, 1)", () => {
  const control = createStepControl();
  for (const probability of [-0.1, 1, NaN]) {
    assertThrows(
      () => dropout(new Tape(), inputTensor("x", [2]), { probability, control }),
      RangeError,
      "must be in [0, 1)",
    );
  }
});
