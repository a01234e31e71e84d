// What every operation implements and what a program is a list of. A call is data: a pass, attributes, tensors, a call
// site. The GPU lowers it to dispatches, the reference runs it in plain f64 loops, the tape asks it for its gradient.

import type { Lowering } from "./lowering.ts";
import type { Tape } from "./tape.ts";
import type { Tensor } from "./tensor.ts";

export type Attributes = Readonly<Record<string, number | boolean | string>>;

/** Tensors by their name in the equation: x, gamma, d_y. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Where the reference finds the numbers of a tensor; a write to the array is a write to the tensor. */
export interface Values {
  get(tensor: Tensor): Float64Array | Uint32Array;
}

/** One kernel-level step of an operation, `layer_norm_forward` for one. Static: one object per pass in the program. */
export interface Pass {
  readonly name: string;
  /** The specification: plain loops over `values`. */
  reference(call: Call, values: Values): void;
  /** Emits the dispatches that compute the same on a GPU. */
  lower(call: Call, lowering: Lowering): void;
  /**
   * The vector-Jacobian product: records, on `tape`, the calls that turn gradients of the outputs into gradients of the
   * inputs. Absent where nothing is differentiable.
   */
  vjp?(call: Call, tape: Tape): void;
}

export interface Call {
  readonly pass: Pass;
  readonly attributes: Attributes;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  /** Ordinal of the call in its tape; part of the counter of random numbers, so it must not depend on the backend. */
  readonly site: number;
  /** Recorded while gradients were; the profile tells forward from backward by it. */
  readonly isBackward?: boolean;
}

/** The reference's view of an f32 tensor. */
export function floats(values: Values, tensor: Tensor): Float64Array {
  return values.get(tensor) as Float64Array;
}

/** The reference's view of a u32 tensor. */
export function integers(values: Values, tensor: Tensor): Uint32Array {
  return values.get(tensor) as Uint32Array;
}
