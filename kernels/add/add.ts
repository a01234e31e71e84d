// Residual add: y = x + z, and the same with one operand added into the other.
// Its gradient costs nothing: both inputs share the gradient of the output.

import { type Call, floats, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import addForward from "./add_forward.wgsl" with { type: "text" };
import { addReference } from "./add_reference.ts";

/**
 * The sum of two tensors of one shape.
 *
 * @throws {TypeError} when the shapes differ
 */
export function add(tape: Tape, x: Tensor, z: Tensor): Tensor {
  if (x.shape.join() !== z.shape.join()) {
    throw new TypeError(`Cannot add ${x.name} [${x.shape}] and ${z.name} [${z.shape}]: shapes must be equal`);
  }
  const y = tape.activation("sum", x.shape, { from: [x, z] });
  tape.record(addPass, { inputs: { x, z }, outputs: { y }, attributes: { accumulate: false } });
  return y;
}

/** y = x + z, or with `accumulate` and without z: y += x. */
export const addPass: Pass = {
  name: "add_forward",
  reference: (call, values) =>
    addReference({
      x: floats(values, call.inputs.x),
      z: call.inputs.z && floats(values, call.inputs.z),
      y: floats(values, call.outputs.y),
    }),
  lower: lowerAdd,
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    if (!dY) return;
    tape.passGradient(call.inputs.x, dY);
    tape.passGradient(call.inputs.z, dY);
  },
};

function lowerAdd(call: Call, lowering: Lowering): void {
  const { x, z } = call.inputs;
  const { y } = call.outputs;
  const vector = vectorOf(columnsOf(x));
  const size = sizeOf(x) / vector.width;
  lowering.dispatch({
    kernel: "add_forward",
    code: vector.snippet + addForward,
    constants: { SIZE: size, ACCUMULATE: Number(call.attributes.accumulate) },
    bindings: { x, z, y },
    ...elementwiseGrid(size),
    flops: sizeOf(x),
  });
}

/** Workgroups of 64 over `size` elements, in two dimensions because one may have at most 65,535. */
export function elementwiseGrid(size: number): { grid: readonly [number, number] } {
  const groups = Math.ceil(size / 64);
  const columns = Math.min(groups, 32768);
  return { grid: [columns, Math.ceil(groups / columns)] };
}
