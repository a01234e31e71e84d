// Activation functions on their own, and the backward pass that products with a fused activation share.

import { elementwiseGrid } from "../add/add.ts";
import { type Call, floats, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import gelu from "../snippets/gelu.wgsl" with { type: "text" };
import activationBackward from "./activation_backward.wgsl" with { type: "text" };
import activationForward from "./activation_forward.wgsl" with { type: "text" };
import {
  activationBackwardReference,
  activationForwardReference,
  type ActivationKind,
} from "./activation_reference.ts";

/** Value of the override constant KIND. */
const KINDS: Readonly<Record<ActivationKind, number>> = { gelu: 1, relu: 2 };

/** Floating-point operations per element, as the kernels do them; an exponential counts as one. */
const FLOPS = { gelu: { forward: 11, backward: 20 }, relu: { forward: 1, backward: 1 } };

/**
 * y = f(x), element by element.
 *
 * @param kind `gelu` (tanh form) or `relu`
 * @throws {RangeError} when the kind is unknown
 * @see https://arxiv.org/abs/1606.08415
 */
export function activation(tape: Tape, x: Tensor, kind: ActivationKind): Tensor {
  if (!Object.hasOwn(KINDS, kind)) {
    throw new RangeError(`Cannot apply activation ${kind} to ${x.name}: it must be gelu or relu`);
  }
  const y = tape.activation("activated", x.shape, { from: [x] });
  tape.record(activationPass, { inputs: { x }, outputs: { y }, attributes: { kind } });
  return y;
}

/** y = f(x). */
export const activationPass: Pass = {
  name: "activation_forward",
  reference: (call, values) =>
    activationForwardReference(
      { x: floats(values, call.inputs.x), y: floats(values, call.outputs.y) },
      kindOf(call),
    ),
  lower(call: Call, lowering: Lowering): void {
    const { x } = call.inputs;
    const vector = vectorOf(sizeOf(x));
    const size = sizeOf(x) / vector.width;
    lowering.dispatch({
      kernel: "activation_forward",
      code: vector.snippet + gelu + activationForward,
      constants: { SIZE: size, KIND: KINDS[kindOf(call)] },
      bindings: { x, y: call.outputs.y },
      ...elementwiseGrid(size),
      flops: FLOPS[kindOf(call)].forward * sizeOf(x),
    });
  },
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    const dX = dY && tape.gradientTarget(call.inputs.x);
    if (!dX) return;
    tape.record(activationBackwardPass, {
      inputs: { x: call.inputs.x, d_y: dY },
      outputs: { d_x: dX.tensor },
      attributes: { kind: kindOf(call), accumulate: dX.accumulate },
    });
  },
};

/** d_x = d_y f'(x), x being the value before the activation; added to d_x with the attribute `accumulate`. */
export const activationBackwardPass: Pass = {
  name: "activation_backward",
  reference: (call, values) =>
    activationBackwardReference({
      x: floats(values, call.inputs.x),
      dY: floats(values, call.inputs.d_y),
      dX: floats(values, call.outputs.d_x),
    }, { kind: kindOf(call), accumulate: Boolean(call.attributes.accumulate) }),
  lower(call: Call, lowering: Lowering): void {
    const { x, d_y } = call.inputs;
    const vector = vectorOf(sizeOf(x));
    const size = sizeOf(x) / vector.width;
    lowering.dispatch({
      kernel: "activation_backward",
      code: vector.snippet + gelu + activationBackward,
      constants: { SIZE: size, KIND: KINDS[kindOf(call)], ACCUMULATE: Number(call.attributes.accumulate) },
      bindings: { x, d_y, d_x: call.outputs.d_x },
      ...elementwiseGrid(size),
      flops: FLOPS[kindOf(call)].backward * sizeOf(x),
    });
  },
};

function kindOf(call: Call): ActivationKind {
  return call.attributes.kind as ActivationKind;
}
