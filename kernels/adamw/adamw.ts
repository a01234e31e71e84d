// AdamW over one window of the flat parameters: moments, bias correction, decoupled weight decay, clipping by
// the factor the training step found, and clearing of the gradient, in one reading of memory.
// Paper: Loshchilov and Hutter, "Decoupled weight decay regularization", https://arxiv.org/abs/1711.05101

import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { sizeOf, type Tensor } from "../program/tensor.ts";
import stepControl from "../snippets/step_control.wgsl" with { type: "text" };
import adamwUpdate from "./adamw_update.wgsl" with { type: "text" };
import { adamwReference } from "./adamw_reference.ts";

/** Elements that share one entry of `decay`: the granularity of the parameter table. */
export const DECAY_GROUP = 64;

export interface AdamwTensors {
  /** Flat windows of one size n, a multiple of 64. */
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly moment1: Tensor;
  readonly moment2: Tensor;
  /** [n / 64], 1 where weight decay applies and 0 where not. */
  readonly decay: Tensor;
  /** TrainingState after advanceTrainingStep(). */
  readonly state: Tensor;
  /** StepControl, of which the learning rate is read. */
  readonly control: Tensor;
}

export interface AdamwOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/**
 * Records one update in place. Moments and parameters keep their bits when the step is skipped; the gradient is zero
 * afterwards in any case.
 *
 * @throws {TypeError} when the sizes do not fit together
 */
export function adamw(tape: Tape, tensors: AdamwTensors, options: AdamwOptions): void {
  const { parameter, gradient, moment1, moment2, decay, state, control } = tensors;
  const size = sizeOf(parameter);
  const fits = [gradient, moment1, moment2].every((tensor) => sizeOf(tensor) === size);
  if (!fits || size % DECAY_GROUP !== 0 || sizeOf(decay) * DECAY_GROUP !== size) {
    const sizes = [parameter, gradient, moment1, moment2, decay].map(sizeOf);
    throw new TypeError(
      `Cannot update ${parameter.name}: parameter, gradient and moments must have one size, a multiple of ` +
        `${DECAY_GROUP}, and decay one element for every ${DECAY_GROUP} of them, not ${sizes.join(", ")}`,
    );
  }
  const { beta1, beta2, epsilon, weightDecay } = options;
  tape.record(adamwPass, {
    inputs: { decay, state, control },
    outputs: { parameter, gradient, moment1, moment2 },
    attributes: { beta1, beta2, epsilon, weightDecay },
  });
}

export const adamwPass: Pass = {
  name: "adamw_update",
  reference: (call, values) =>
    adamwReference({
      parameter: floats(values, call.outputs.parameter),
      gradient: floats(values, call.outputs.gradient),
      moment1: floats(values, call.outputs.moment1),
      moment2: floats(values, call.outputs.moment2),
      decay: floats(values, call.inputs.decay),
      state: integers(values, call.inputs.state),
      control: integers(values, call.inputs.control),
    }, optionsOf(call)),
  lower: lowerAdamw,
};

function optionsOf(call: Call): AdamwOptions {
  const { beta1, beta2, epsilon, weightDecay } = call.attributes;
  return {
    beta1: Number(beta1),
    beta2: Number(beta2),
    epsilon: Number(epsilon),
    weightDecay: Number(weightDecay),
  };
}

/** Invocations of a workgroup, and workgroups along x before the grid grows along y. */
const WORKGROUP = 256;
const MOST_COLUMNS = 32768;

function lowerAdamw(call: Call, lowering: Lowering): void {
  const { beta1, beta2, epsilon, weightDecay } = optionsOf(call);
  const { decay, state, control } = call.inputs;
  const { parameter, gradient, moment1, moment2 } = call.outputs;
  const quads = sizeOf(parameter) / 4;
  const groups = Math.ceil(quads / WORKGROUP);
  const columns = Math.min(groups, MOST_COLUMNS);
  lowering.dispatch({
    kernel: "adamw_update",
    code: stepControl + adamwUpdate,
    constants: {
      SIZE: quads,
      BETA1: beta1,
      BETA2: beta2,
      // Taken here in f64: 1 - 0.999 in f32 is off by 1e-5 of itself.
      ONE_MINUS_BETA1: 1 - beta1,
      ONE_MINUS_BETA2: 1 - beta2,
      EPSILON: epsilon,
      WEIGHT_DECAY: weightDecay,
    },
    bindings: { parameter, gradient, moment1, moment2, decay, state, control },
    grid: [columns, Math.ceil(groups / columns)],
    flops: 16 * sizeOf(parameter),
    // Each of the four windows is read and written.
    bytes: 8 * 4 * sizeOf(parameter) + 4 * sizeOf(decay),
  });
}
