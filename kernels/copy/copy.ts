// Copies a tensor into another of the same size: a gradient that several tensors share before one of them adds to it,
// or a result that must outlive the program.

import { type Call, floats, type Pass } from "../program/call.ts";
import { elementwiseGrid } from "../add/add.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { sizeOf, type Tensor } from "../program/tensor.ts";
import copyForward from "./copy_forward.wgsl" with { type: "text" };
import { copyReference } from "./copy_reference.ts";

/**
 * Records y = x.
 *
 * @throws {TypeError} when the sizes differ
 */
export function copy(tape: Tape, x: Tensor, y: Tensor): void {
  if (sizeOf(x) !== sizeOf(y)) {
    throw new TypeError(`Cannot copy ${x.name} [${x.shape}] to ${y.name} [${y.shape}]: sizes must be equal`);
  }
  tape.record(copyPass, { inputs: { x }, outputs: { y } });
}

export const copyPass: Pass = {
  name: "copy_forward",
  reference: (call, values) =>
    copyReference({ x: floats(values, call.inputs.x), y: floats(values, call.outputs.y) }),
  lower(call: Call, lowering: Lowering): void {
    const size = sizeOf(call.inputs.x);
    lowering.dispatch({
      kernel: "copy_forward",
      code: copyForward,
      constants: { SIZE: size },
      bindings: { x: call.inputs.x, y: call.outputs.y },
      ...elementwiseGrid(size),
    });
  },
};
