// The specification of kernels/training_step: skip what is not finite, clip what is too long, count what is
// applied.

import {
  packTrainingState,
  RING_FIELDS,
  RING_STEPS,
  unpackStepControl,
  unpackTrainingState,
} from "../program/step_control.ts";

export function trainingStepReference(
  tensors: {
    control: Uint32Array;
    norm: Float64Array;
    accumulator: Float64Array;
    state: Uint32Array;
    ring: Float64Array;
  },
  options: { maxGradNorm: number; beta1: number; beta2: number },
): void {
  const { accumulator, ring } = tensors;
  const { maxGradNorm, beta1, beta2 } = options;
  const loss = accumulator[0];
  const [norm, nonFinite] = tensors.norm;
  const before = unpackTrainingState(tensors.state);
  const skipped = nonFinite > 0 || !Number.isFinite(loss);
  const isClipped = maxGradNorm > 0 && norm > maxGradNorm;
  const decision = { skipped: Number(skipped), gradNorm: norm };
  const after = skipped ? { ...before, ...decision, totalSkipped: before.totalSkipped + 1, gradScale: 0 } : {
    ...before,
    ...decision,
    appliedUpdates: before.appliedUpdates + 1,
    correction1: before.correction1 * beta1 + (1 - beta1),
    correction2: before.correction2 * beta2 + (1 - beta2),
    goodSteps: before.goodSteps + 1,
    gradScale: isClipped ? maxGradNorm / (norm + 1e-6) : 1,
  };
  tensors.state.set(packTrainingState(after));
  const row = unpackStepControl(tensors.control).step % RING_STEPS;
  ring.set([loss, norm, Number(skipped), nonFinite], row * RING_FIELDS);
  accumulator[0] = 0;
}
