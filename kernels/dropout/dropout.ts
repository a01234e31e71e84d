// Dropout whose mask is never stored: it is a function of (seed, step, call site, sample, element), so the
// backward pass draws it again, and a batch of 8 and two of 4 drop the same elements.

import { elementwiseGrid } from "../add/add.ts";
import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import { unpackStepControl } from "../program/step_control.ts";
import type { Tape } from "../program/tape.ts";
import { sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import random from "../snippets/random.wgsl" with { type: "text" };
import stepControl from "../snippets/step_control.wgsl" with { type: "text" };
import dropoutForward from "./dropout_forward.wgsl" with { type: "text" };
import { dropoutReference } from "./dropout_reference.ts";

/**
 * y = x mask / (1 - probability); x itself when the probability is 0.
 *
 * @param x samples one after the other
 * @param options.probability of an element being zeroed, in [0, 1)
 * @param options.control a StepControl
 * @param options.samples how many samples (sequences) x holds; its first dimension where left out
 * @throws {RangeError} when the probability is not in [0, 1) or x does not divide into samples
 * @see https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout(
  tape: Tape,
  x: Tensor,
  options: { probability: number; control: Tensor; samples?: number },
): Tensor {
  const { probability, control, samples = x.shape[0] } = options;
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(`Cannot drop elements of ${x.name}: probability ${probability} must be in [0, 1)`);
  }
  if (sizeOf(x) % samples !== 0) {
    throw new RangeError(
      `Cannot drop elements of ${x.name} [${x.shape}]: it does not divide into ${samples} samples`,
    );
  }
  if (probability === 0) return x;
  const y = tape.activation("dropped", x.shape, { from: [x] });
  tape.record(dropoutPass, {
    inputs: { x, control },
    outputs: { y },
    attributes: { probability, elementsPerSample: sizeOf(x) / samples, accumulate: false },
  });
  return y;
}

/**
 * y = x mask / (1 - probability), added to y with the attribute `accumulate`. The mask follows from the
 * call's `site`: a backward call has the site of its forward call.
 */
export const dropoutPass: Pass = {
  name: "dropout_forward",
  reference(call, values): void {
    const { seed, step, firstSample } = unpackStepControl(integers(values, call.inputs.control));
    dropoutReference({ x: floats(values, call.inputs.x), y: floats(values, call.outputs.y) }, {
      probability: Number(call.attributes.probability),
      elementsPerSample: Number(call.attributes.elementsPerSample),
      counter: { seed, step, site: call.site, sample: firstSample },
      accumulate: Boolean(call.attributes.accumulate),
    });
  },
  lower: lowerDropout,
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    const dX = dY && tape.gradientTarget(call.inputs.x);
    if (!dX) return;
    tape.record(dropoutPass, {
      inputs: { x: dY, control: call.inputs.control },
      outputs: { y: dX.tensor },
      attributes: { ...call.attributes, accumulate: dX.accumulate },
      site: call.site,
    });
  },
};

function lowerDropout(call: Call, lowering: Lowering): void {
  const { x, control } = call.inputs;
  const probability = Number(call.attributes.probability);
  const elementsPerSample = Number(call.attributes.elementsPerSample);
  const vector = vectorOf(elementsPerSample);
  const size = sizeOf(x) / vector.width;
  lowering.dispatch({
    kernel: "dropout_forward",
    code: vector.snippet + stepControl + random + dropoutForward,
    constants: {
      SIZE: size,
      SAMPLE: elementsPerSample / vector.width,
      SITE: call.site,
      PROBABILITY: probability,
      SCALE: 1 / (1 - probability),
      ACCUMULATE: Number(call.attributes.accumulate),
    },
    bindings: { x, control, y: call.outputs.y },
    ...elementwiseGrid(size),
    // Random numbers are integer arithmetic.
    flops: (call.attributes.accumulate ? 3 : 2) * sizeOf(x),
  });
}
