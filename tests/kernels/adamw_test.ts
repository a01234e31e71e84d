import { assertEquals, assertThrows } from "@std/assert";
import { adamw, type AdamwTensors } from "../../kernels/adamw/adamw.ts";
import type { Pass } from "../../kernels/program/call.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import {
  createStepControl,
  createTrainingState,
  INITIAL_TRAINING_STATE,
  packStepControl,
  packTrainingState,
} from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, randomFloats } from "../support/operation_checks.ts";

const OPTIONS = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };
const CONTROL = { step: 0, seed: 1, firstSample: 0, lossDivisor: 1, learningRate: 0.01 };
const RESULTS = ["parameter", "gradient", "moment1", "moment2"] as const;

function tensorsOf(size: number): AdamwTensors {
  const flat = (name: string) => createTensor(name, [size], { lifetime: "optimizer" });
  return {
    parameter: createTensor("parameter", [size], { lifetime: "parameter" }),
    gradient: flat("gradient"),
    moment1: flat("moment1"),
    moment2: flat("moment2"),
    decay: createTensor("decay", [Math.max(1, size / 64)], { lifetime: "persistent" }),
    state: createTrainingState(),
    control: createStepControl(),
  };
}

/** Updates random parameters `steps` times, the same way for every backend. */
async function update(
  backend: Backend,
  options: { size: number; steps?: number; skipped?: number; gradients?: (step: number) => Float32Array },
): Promise<Record<typeof RESULTS[number], Float32Array>> {
  const { size, steps = 3, skipped = 0 } = options;
  const gradients = options.gradients ?? ((step) => randomFloats(size, 10 + step));
  const tensors = tensorsOf(size);
  const tape = new Tape();
  adamw(tape, tensors, OPTIONS);
  const program = backend.compile(tape.calls, "update");
  backend.write(tensors.parameter, randomFloats(size, 1));
  backend.write(tensors.decay, Float32Array.from({ length: size / 64 }, (_, i) => i % 3 === 0 ? 0 : 1));
  backend.write(tensors.control, packStepControl(CONTROL));
  for (let t = 1; t <= steps; t++) {
    const state = {
      ...INITIAL_TRAINING_STATE,
      correction1: 1 - OPTIONS.beta1 ** t,
      correction2: 1 - OPTIONS.beta2 ** t,
      gradScale: 0.5,
      skipped: t === skipped ? 1 : 0,
    };
    backend.write(tensors.state, packTrainingState(state));
    backend.write(tensors.gradient, gradients(t));
    program.replay();
  }
  const results = {} as Record<typeof RESULTS[number], Float32Array>;
  for (const name of RESULTS) results[name] = await backend.read(tensors[name]) as Float32Array;
  return results;
}

async function updateOnReference(options: Parameters<typeof update>[1]): ReturnType<typeof update> {
  await using reference = openReferenceBackend();
  return await update(reference, options);
}

Deno.test("adamw() moves by the learning rate against the gradient at first, after decay", async () => {
  const gradients = () => new Float32Array(128).fill(-3);
  const { parameter, moment1, moment2 } = await updateOnReference({ size: 128, steps: 1, gradients });
  const before = randomFloats(128, 1);
  assertClose(parameter.slice(0, 64), before.slice(0, 64).map((p) => p + 0.01), {
    name: "without decay",
    tolerance: 1e-6,
  });
  assertClose(parameter.slice(64), before.slice(64).map((p) => p * (1 - 0.001) + 0.01), {
    name: "with decay",
    tolerance: 1e-6,
  });
  assertClose([moment1[0], moment2[0]], [-0.15, 0.1125], { name: "moments", tolerance: 1e-6 });
});

for (const size of [64, 192, 64 * 123, 64 * 4099]) {
  Deno.test(`adamw() on the GPU matches the reference for ${size} parameters`, async () => {
    await using gpu = await openTestGpu();
    if (!gpu) return;
    const actual = await update(gpu, { size });
    const expected = await updateOnReference({ size });
    for (const name of RESULTS) assertClose(actual[name], expected[name], { name, tolerance: 2e-5 });
  });
}

Deno.test("adamw() skips without touching a bit but clears the gradient", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const gradients = (step: number) => step === 3 ? new Float32Array(640).fill(NaN) : randomFloats(640, step);
  const before = await update(gpu, { size: 640, steps: 2, gradients });
  const after = await update(gpu, { size: 640, steps: 3, skipped: 3, gradients });
  assertEquals(after, before);
  assertEquals(after.gradient, new Float32Array(640));
});

Deno.test("adamw() writes the f16 copy of what it updates, and none of what it skips", async () => {
  await using gpu = await openTestGpu({ kernels: "tile", operands: "f16" });
  if (!gpu?.device.traits.hasF16) return;
  const size = 64 * 5;
  const tensors = tensorsOf(size);
  const tape = new Tape();
  adamw(tape, tensors, OPTIONS);
  let half: Tensor | undefined;
  const pass: Pass = {
    name: "look",
    reference: () => {},
    lower: (_, lowering) => half = lowering.half(tensors.parameter),
  };
  tape.record(pass, { inputs: {}, outputs: {}, attributes: {} });
  gpu.write(tensors.parameter, randomFloats(size, 1, 0.001));
  const program = gpu.compile(tape.calls, "update");
  gpu.write(tensors.decay, new Float32Array(size / 64).fill(1));
  gpu.write(tensors.control, packStepControl(CONTROL));
  for (const skipped of [0, 1]) {
    const state = { ...INITIAL_TRAINING_STATE, correction1: 0.1, correction2: 0.05, skipped };
    gpu.write(tensors.state, packTrainingState(state));
    gpu.write(tensors.gradient, randomFloats(size, 2));
    program.replay();
    const copy = new Float16Array((await gpu.read(half!)).buffer as ArrayBuffer);
    const parameter = await gpu.read(tensors.parameter);
    // A step moves parameters by 0.01: ten times what they were.
    assertClose(copy, parameter, { name: "copy", tolerance: 1e-3 });
  }
});

Deno.test("adamw() refuses sizes that do not fit together", () => {
  const tensors = tensorsOf(128);
  const other = createTensor("other", [64]);
  assertThrows(() => adamw(new Tape(), { ...tensors, moment2: other }, OPTIONS), TypeError, "one size");
  assertThrows(
    () => adamw(new Tape(), { ...tensors, decay: other }, OPTIONS),
    TypeError,
    "128, 128, 128, 128, 64",
  );
  assertThrows(() => adamw(new Tape(), tensorsOf(32), OPTIONS), TypeError, "multiple of 64");
});
