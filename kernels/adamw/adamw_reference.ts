// The specification of kernels/adamw.

import { unpackStepControl, unpackTrainingState } from "../program/step_control.ts";

export function adamwReference(
  tensors: {
    parameter: Float64Array;
    gradient: Float64Array;
    moment1: Float64Array;
    moment2: Float64Array;
    decay: Float64Array;
    state: Uint32Array;
    control: Uint32Array;
  },
  options: { beta1: number; beta2: number; epsilon: number; weightDecay: number },
): void {
  const { parameter, gradient, moment1, moment2, decay } = tensors;
  const { beta1, beta2, epsilon, weightDecay } = options;
  const { skipped, gradScale, correction1, correction2 } = unpackTrainingState(tensors.state);
  const { learningRate } = unpackStepControl(tensors.control);
  const group = parameter.length / decay.length;
  if (skipped === 0) {
    for (let i = 0; i < parameter.length; i++) {
      const g = gradient[i] * gradScale;
      moment1[i] = beta1 * moment1[i] + (1 - beta1) * g;
      moment2[i] = beta2 * moment2[i] + (1 - beta2) * g * g;
      const direction = (moment1[i] / correction1) / (Math.sqrt(moment2[i] / correction2) + epsilon);
      const decayed = parameter[i] * (1 - learningRate * weightDecay * decay[Math.floor(i / group)]);
      parameter[i] = decayed - learningRate * direction;
    }
  }
  gradient.fill(0);
}
