// Two operations no model has: arithmetic without memory and memory without arithmetic. How fast an adapter
// runs them is what every other kernel is measured by (lib/profile/ceilings.ts).

import { elementwiseGrid } from "../add/add.ts";
import { type Call, floats, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { sizeOf, type Tensor } from "../program/tensor.ts";
import copyKernel from "./ceiling_copy.wgsl" with { type: "text" };
import multiplyAddKernel from "./ceiling_multiply_add.wgsl" with { type: "text" };
import { ceilingCopyReference, multiplyAddReference, SUMS, UPDATES } from "./ceiling_reference.ts";

/** What the arithmetic is done in. */
export type CeilingElement = "f32" | "f16";

/** Loops of one invocation at most: software adapters stop it silently after 65,535. */
const MAX_ITERATIONS = 60000;

/** Lines that ceiling_multiply_add.wgsl needs before it. */
const ELEMENT_LINES: Readonly<Record<CeilingElement, string>> = {
  f32: "alias Element = f32;\n",
  f16: "enable f16;\nalias Element = f16;\n",
};

/**
 * Records the multiply-adds of ceiling_multiply_add.wgsl.
 *
 * @param tensors x and y of one size, a multiple of 4; terms [8]: four factors, then four addends
 * @param options.iterations rounds of 16 multiply-adds for each element of x, at most 60,000
 * @throws {TypeError} when a size does not fit
 * @throws {RangeError} when there are more iterations than a software adapter runs
 */
export function multiplyAdd(
  tape: Tape,
  tensors: { x: Tensor; terms: Tensor; y: Tensor },
  options: { iterations: number; element?: CeilingElement },
): void {
  const { x, terms, y } = tensors;
  const { iterations, element = "f32" } = options;
  if (sizeOf(x) % 4 !== 0 || sizeOf(y) !== sizeOf(x) || sizeOf(terms) !== 8) {
    throw new TypeError(
      `Cannot multiply and add [${x.shape}] into [${y.shape}] with terms [${terms.shape}]: ` +
        "need two equal sizes, a multiple of 4, and 8 terms",
    );
  }
  if (!(iterations >= 1 && iterations <= MAX_ITERATIONS)) {
    throw new RangeError(`Cannot run ${iterations} iterations: need 1 to ${MAX_ITERATIONS}`);
  }
  tape.record(multiplyAddPass, { inputs: { x, terms }, outputs: { y }, attributes: { iterations, element } });
}

/**
 * Records a copy in whole Vectors.
 *
 * @param tensors x and y of one size, a multiple of 4
 * @param options.vectors Vectors an invocation copies
 * @throws {TypeError} when a size does not fit
 */
export function ceilingCopy(
  tape: Tape,
  tensors: { x: Tensor; y: Tensor },
  options: { vectors: number },
): void {
  const { x, y } = tensors;
  if (sizeOf(x) % 4 !== 0 || sizeOf(y) !== sizeOf(x)) {
    throw new TypeError(`Cannot copy [${x.shape}] to [${y.shape}]: need two equal sizes, a multiple of 4`);
  }
  tape.record(ceilingCopyPass, { inputs: { x }, outputs: { y }, attributes: { vectors: options.vectors } });
}

/** y = four sums of x, each multiplied and added to again and again. */
export const multiplyAddPass: Pass = {
  name: "ceiling_multiply_add",
  reference: (call, values) =>
    multiplyAddReference({
      x: floats(values, call.inputs.x),
      terms: floats(values, call.inputs.terms),
      y: floats(values, call.outputs.y),
    }, Number(call.attributes.iterations)),
  lower(call: Call, lowering: Lowering): void {
    const { x, terms } = call.inputs;
    const iterations = Number(call.attributes.iterations);
    const size = sizeOf(x) / 4;
    lowering.dispatch({
      kernel: "ceiling_multiply_add",
      code: ELEMENT_LINES[call.attributes.element as CeilingElement] + multiplyAddKernel,
      constants: { ITERATIONS: iterations },
      shape: { size },
      bindings: { x, terms, y: call.outputs.y },
      ...elementwiseGrid(size),
      flops: 2 * SUMS * UPDATES * iterations * sizeOf(x),
    });
  },
};

/** y = x. */
export const ceilingCopyPass: Pass = {
  name: "ceiling_copy",
  reference: (call, values) =>
    ceilingCopyReference({ x: floats(values, call.inputs.x), y: floats(values, call.outputs.y) }),
  lower(call: Call, lowering: Lowering): void {
    const { x } = call.inputs;
    const size = sizeOf(x) / 4;
    const vectors = Number(call.attributes.vectors);
    lowering.dispatch({
      kernel: "ceiling_copy",
      code: copyKernel,
      constants: { VECTORS: vectors },
      shape: { size },
      bindings: { x, y: call.outputs.y },
      ...elementwiseGrid(Math.ceil(size / vectors)),
    });
  },
};
