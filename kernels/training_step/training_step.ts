// The decision between gradient and update, made on the device so that nothing has to be read back: is the
// step to be skipped, by how much is the gradient clipped, what are Adam's bias corrections. Leaves a row of
// the step's ring.

import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import { RING_FIELDS, RING_STEPS, STEP_CONTROL_SIZE, TRAINING_STATE_SIZE } from "../program/step_control.ts";
import type { Tape } from "../program/tape.ts";
import { sizeOf, type Tensor } from "../program/tensor.ts";
import stepControl from "../snippets/step_control.wgsl" with { type: "text" };
import trainingStepAdvance from "./training_step_advance.wgsl" with { type: "text" };
import { trainingStepReference } from "./training_step_reference.ts";

export interface TrainingStepTensors {
  /** StepControl, see program/step_control.ts. */
  readonly control: Tensor;
  /** Result of gradNorm(). */
  readonly norm: Tensor;
  /** TrainingState, changed in place. */
  readonly state: Tensor;
  /** Ring of the last steps; row `step % 256` is overwritten. */
  readonly ring: Tensor;
  /** [1], the loss summed over micro-steps; set to zero for the next step. */
  readonly accumulator: Tensor;
}

export interface TrainingStepOptions {
  /** Longest gradient left as it is; 0 leaves all. */
  readonly maxGradNorm: number;
  readonly beta1: number;
  readonly beta2: number;
}

/**
 * Records the step from a finished gradient to what adamw() needs. The step is skipped when the gradient or the
 * loss is not finite: then `skipped`, `totalSkipped`, `gradNorm` and the ring change, and the gradient's scale is 0.
 *
 * @throws {TypeError} when a tensor has another size
 */
export function advanceTrainingStep(
  tape: Tape,
  tensors: TrainingStepTensors,
  options: TrainingStepOptions,
): void {
  const { control, norm, state, ring, accumulator } = tensors;
  const sizes: [Tensor, number][] = [
    [control, STEP_CONTROL_SIZE],
    [norm, 4],
    [state, TRAINING_STATE_SIZE],
    [ring, RING_STEPS * RING_FIELDS],
    [accumulator, 1],
  ];
  for (const [tensor, size] of sizes) {
    if (sizeOf(tensor) !== size) {
      throw new TypeError(
        `Cannot advance the training step with ${tensor.name} [${tensor.shape}]: need ${size} elements`,
      );
    }
  }
  const { maxGradNorm, beta1, beta2 } = options;
  tape.record(trainingStepPass, {
    inputs: { control, norm, accumulator },
    outputs: { state, ring, accumulator },
    attributes: { maxGradNorm, beta1, beta2 },
  });
}

export const trainingStepPass: Pass = {
  name: "training_step_advance",
  reference: (call, values) =>
    trainingStepReference({
      control: integers(values, call.inputs.control),
      norm: floats(values, call.inputs.norm),
      accumulator: floats(values, call.outputs.accumulator),
      state: integers(values, call.outputs.state),
      ring: floats(values, call.outputs.ring),
    }, optionsOf(call)),
  lower: lowerTrainingStep,
};

function optionsOf(call: Call): TrainingStepOptions {
  const { maxGradNorm, beta1, beta2 } = call.attributes;
  return { maxGradNorm: Number(maxGradNorm), beta1: Number(beta1), beta2: Number(beta2) };
}

function lowerTrainingStep(call: Call, lowering: Lowering): void {
  const { maxGradNorm, beta1, beta2 } = optionsOf(call);
  const { control, norm } = call.inputs;
  const { state, ring, accumulator } = call.outputs;
  lowering.dispatch({
    kernel: "training_step_advance",
    code: stepControl + trainingStepAdvance,
    constants: {
      MAX_GRAD_NORM: maxGradNorm,
      BETA1: beta1,
      BETA2: beta2,
      // Taken here in f64: 1 - 0.999 in f32 is off by 1e-5 of itself.
      ONE_MINUS_BETA1: 1 - beta1,
      ONE_MINUS_BETA2: 1 - beta2,
      RING_STEPS,
    },
    bindings: { control, norm, accumulator, state, ring },
    grid: [1],
    detail: "",
    // Of the ring, one row; state and accumulator are read and written.
    bytes: 4 * (sizeOf(control) + sizeOf(norm) + 2 * (sizeOf(state) + 1) + RING_FIELDS),
  });
}
