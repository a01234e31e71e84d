import { assertEquals, assertThrows } from "@std/assert";
import { createGradNorm } from "../../kernels/grad_norm/grad_norm.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import {
  createStepControl,
  createStepRing,
  createTrainingState,
  INITIAL_TRAINING_STATE,
  packStepControl,
  packTrainingState,
  type TrainingState,
  unpackTrainingState,
} from "../../kernels/program/step_control.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { advanceTrainingStep } from "../../kernels/training_step/training_step.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose } from "../support/operation_checks.ts";

interface Step {
  readonly step: number;
  readonly loss: number;
  readonly norm: number;
  readonly nonFinite: number;
}

const OPTIONS = { maxGradNorm: 1.5, beta1: 0.9, beta2: 0.999 };

async function advance(
  backend: Backend,
  steps: readonly Step[],
  options = OPTIONS,
): Promise<{ state: TrainingState; ring: Float32Array; accumulator: number }> {
  const tensors = {
    control: createStepControl(),
    norm: createGradNorm(),
    state: createTrainingState(),
    ring: createStepRing(),
    accumulator: createTensor("loss", [1], { lifetime: "persistent" }),
  };
  const tape = new Tape();
  advanceTrainingStep(tape, tensors, options);
  const program = backend.compile(tape.calls, "advance");
  backend.write(tensors.state, packTrainingState(INITIAL_TRAINING_STATE));
  for (const { step, loss, norm, nonFinite } of steps) {
    const control = { step, seed: 1, firstSample: 0, lossDivisor: 1, learningRate: 1 };
    backend.write(tensors.control, packStepControl(control));
    backend.write(tensors.norm, new Float32Array([norm, nonFinite, 0, 0]));
    backend.write(tensors.accumulator, new Float32Array([loss]));
    program.replay();
  }
  const state = unpackTrainingState(await backend.read(tensors.state) as Uint32Array);
  const ring = await backend.read(tensors.ring) as Float32Array;
  return { state, ring, accumulator: (await backend.read(tensors.accumulator))[0] };
}

async function bothBackends(check: (backend: Backend) => Promise<void>): Promise<void> {
  await using reference = openReferenceBackend();
  await check(reference);
  await using gpu = await openTestGpu();
  if (gpu) await check(gpu);
}

Deno.test("advanceTrainingStep() counts an update and clips a gradient that is too long", async () => {
  await bothBackends(async (backend) => {
    const { state, ring, accumulator } = await advance(backend, [{
      step: 3,
      loss: 2.5,
      norm: 6,
      nonFinite: 0,
    }]);
    assertEquals([state.appliedUpdates, state.goodSteps, state.skipped, state.totalSkipped], [1, 1, 0, 0]);
    assertEquals(ring.slice(12, 16), new Float32Array([2.5, 6, 0, 0]));
    assertClose([state.correction1, state.correction2, state.gradNorm, state.gradScale], [
      0.1,
      0.001,
      6,
      0.25,
    ], { name: "state", tolerance: 1e-6 });
    assertEquals(accumulator, 0);
  });
});

Deno.test("advanceTrainingStep() leaves a short gradient, and any without a limit", async () => {
  await bothBackends(async (backend) => {
    const short = await advance(backend, [{ step: 0, loss: 1, norm: 1.5, nonFinite: 0 }]);
    assertEquals(short.state.gradScale, 1);
    const free = await advance(backend, [{ step: 0, loss: 1, norm: 1e6, nonFinite: 0 }], {
      ...OPTIONS,
      maxGradNorm: 0,
    });
    assertEquals(free.state.gradScale, 1);
  });
});

for (
  const [name, bad] of [["a gradient", { loss: 1, nonFinite: 2 }], ["NaN", { loss: NaN, nonFinite: 0 }], [
    "infinity",
    { loss: -Infinity, nonFinite: 0 },
  ]] as const
) {
  Deno.test(`advanceTrainingStep() skips a step because of ${name} and goes on after it`, async () => {
    await bothBackends(async (backend) => {
      const good = { step: 0, loss: 1, norm: 1, nonFinite: 0 };
      const skipped = await advance(backend, [good, { ...bad, step: 1, norm: 7 }]);
      assertEquals(skipped.ring.slice(5, 8), new Float32Array([7, 1, bad.nonFinite]));
      assertEquals([skipped.state.appliedUpdates, skipped.state.skipped, skipped.state.totalSkipped], [
        1,
        1,
        1,
      ]);
      assertEquals(skipped.state.gradScale, 0);
      assertEquals(skipped.accumulator, 0);
      const resumed = await advance(backend, [good, { ...bad, step: 1, norm: 7 }, { ...good, step: 2 }]);
      assertEquals([resumed.state.appliedUpdates, resumed.state.skipped, resumed.state.totalSkipped], [
        2,
        0,
        1,
      ]);
      assertClose([resumed.state.correction1], [1 - 0.9 ** 2], { name: "correction", tolerance: 1e-6 });
    });
  });
}

Deno.test("advanceTrainingStep() keeps bias corrections near 1 - beta^t for many steps", async () => {
  await bothBackends(async (backend) => {
    const steps = Array.from({ length: 1000 }, (_, step) => ({ step, loss: 1, norm: 1, nonFinite: 0 }));
    const { state, ring } = await advance(backend, steps);
    assertEquals(state.appliedUpdates, 1000);
    assertClose([state.correction2], [1 - 0.999 ** 1000], { name: "correction", tolerance: 1e-5 });
    assertEquals(ring.every((value, i) => value === [1, 1, 0, 0][i % 4]), true);
  });
});

Deno.test("advanceTrainingStep() refuses tensors of another size", () => {
  const tensors = {
    control: createStepControl(),
    norm: createGradNorm(),
    state: createTrainingState(),
    ring: createStepRing(),
  };
  const accumulator = createTensor("losses", [2]);
  assertThrows(
    () => advanceTrainingStep(new Tape(), { ...tensors, accumulator }, OPTIONS),
    TypeError,
    "losses [2]",
  );
});
