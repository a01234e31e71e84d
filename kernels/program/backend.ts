// What runs a program. Two implementations: the GPU, and the reference in plain f64 loops on the CPU. Training and
// inference are written against this interface and never learn which one it is.

import type { Call } from "./call.ts";
import type { Tensor } from "./tensor.ts";

/** A list of calls made ready to run again and again over the same tensors. */
export interface Program {
  /** Runs the calls once. The GPU only queues them: results are there when read() returns. */
  replay(): void;
}

export interface Backend extends AsyncDisposable {
  /** One line for people: adapter or "reference (CPU, f64)". */
  readonly description: string;
  /** Largest flat arena one tensor may have, elements. */
  readonly maxArenaElements: number;
  /** Largest tensor there may be, elements; one larger than an arena is bound in pieces. */
  readonly maxTensorElements: number;
  /** Makes pipelines, storage and bind groups for the calls. */
  compile(calls: readonly Call[], label: string): Program;
  /** Overwrites elements of a tensor from `offset`, in order with the programs replayed before and after. */
  write(tensor: Tensor, data: Float32Array | Uint32Array, offset?: number): void;
  /** Copies a tensor out after everything queued has run. Not for activations: their storage is shared. */
  read(tensor: Tensor): Promise<Float32Array | Uint32Array>;
  /** Says that parameters were written: programs renew the extra copies (textures) of those they read. */
  refreshParameters(): void;
  /** Hands queued work to the device now. */
  flush(): void;
  /** Variants of kernels that programs were lowered to, by what was computed. */
  readonly variants: ReadonlyMap<string, string>;
  /** Command buffers handed to the device so far. */
  readonly submits: number;
}
