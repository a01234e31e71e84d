// Records the calls of a forward computation, then walks them back and records their vector-Jacobian products behind
// them. Model code is forward only. The result, `calls`, is the program: a flat list that any backend can run.

import { copyPass } from "../copy/copy.ts";
import { addPass } from "../add/add.ts";
import type { Attributes, Call, Pass, Tensors } from "./call.ts";
import { createTensor, type DType, type Tensor } from "./tensor.ts";

/** Where a vector-Jacobian product writes: `accumulate` says to add to what is there instead of overwriting it. */
export interface GradientTarget {
  readonly tensor: Tensor;
  readonly accumulate: boolean;
}

export class Tape {
  readonly calls: Call[] = [];
  /** Nothing of it is differentiated and its parameters stay as they are over many replays. */
  readonly forwardOnly: boolean;
  /** Gradient of each trainable parameter, by parameter; they always accumulate. */
  readonly #parameterGradients: ReadonlyMap<Tensor, Tensor>;
  readonly #gradients = new Map<Tensor, Tensor>();
  /** For a gradient tensor that serves several tensors at once: those whose producer is still to be walked. */
  readonly #sharers = new Map<Tensor, Set<Tensor>>();
  #isBackward = false;

  constructor(options: { parameterGradients?: ReadonlyMap<Tensor, Tensor>; forwardOnly?: boolean } = {}) {
    this.forwardOnly = options.forwardOnly ?? false;
    this.#parameterGradients = options.parameterGradients ?? new Map();
  }

  /** Makes an activation; it needs a gradient when any of `from` does. */
  activation(
    name: string,
    shape: readonly number[],
    options: { from?: Tensor[]; dtype?: DType } = {},
  ): Tensor {
    const requiresGradient = (options.from ?? []).some((tensor) => tensor.requiresGradient);
    return createTensor(name, shape, { dtype: options.dtype, requiresGradient });
  }

  /** Appends a call to the program. `site` is given only where a backward pass repeats the draws of a forward one. */
  record(
    pass: Pass,
    call: { inputs: Tensors; outputs: Tensors; attributes?: Attributes; site?: number },
  ): void {
    const site = call.site ?? this.calls.length;
    this.calls.push({
      pass,
      attributes: call.attributes ?? {},
      inputs: call.inputs,
      outputs: call.outputs,
      site,
      isBackward: this.#isBackward,
    });
  }

  /** Walks the recorded calls from last to first and records their vector-Jacobian products. */
  backward(): void {
    this.#isBackward = true;
    for (const call of this.calls.slice().reverse()) {
      call.pass.vjp?.(call, this);
      for (const output of Object.values(call.outputs)) this.#release(output);
    }
  }

  /** The gradient of `tensor`, complete when its producer is walked; undefined when nothing depends on it. */
  gradientOf(tensor: Tensor): Tensor | undefined {
    return this.#parameterGradients.get(tensor) ?? this.#gradients.get(tensor);
  }

  /** Where to write a contribution to the gradient of `tensor`; undefined when it needs none (frozen, or data). */
  gradientTarget(tensor: Tensor): GradientTarget | undefined {
    if (!tensor.requiresGradient) return undefined;
    const ofParameter = this.#parameterGradients.get(tensor);
    if (ofParameter) return { tensor: ofParameter, accumulate: true };
    const existing = this.#gradients.get(tensor);
    if (existing) return { tensor: this.#unshare(tensor, existing), accumulate: true };
    const gradient = createTensor(`d_${tensor.name}`, tensor.shape);
    this.#share(tensor, gradient);
    return { tensor: gradient, accumulate: false };
  }

  /** Adds `gradient` as it is to the gradient of `tensor`: without a copy when it is the first contribution. */
  passGradient(tensor: Tensor, gradient: Tensor): void {
    if (!tensor.requiresGradient) return;
    if (!this.#parameterGradients.has(tensor) && !this.#gradients.has(tensor)) {
      this.#share(tensor, gradient);
      return;
    }
    const target = this.gradientTarget(tensor)!;
    this.record(addPass, {
      inputs: { x: gradient },
      outputs: { y: target.tensor },
      attributes: { accumulate: true },
    });
  }

  #share(tensor: Tensor, gradient: Tensor): void {
    this.#gradients.set(tensor, gradient);
    const sharers = this.#sharers.get(gradient) ?? new Set();
    this.#sharers.set(gradient, sharers.add(tensor));
  }

  /** A gradient others still have to read may not be added to: the tensor gets a copy of its own. */
  #unshare(tensor: Tensor, gradient: Tensor): Tensor {
    const sharers = this.#sharers.get(gradient)!;
    if (sharers.size === 1 && sharers.has(tensor)) return gradient;
    sharers.delete(tensor);
    const own = createTensor(`d_${tensor.name}`, tensor.shape);
    this.record(copyPass, { inputs: { x: gradient }, outputs: { y: own } });
    this.#share(tensor, own);
    return own;
  }

  #release(tensor: Tensor): void {
    const gradient = this.#gradients.get(tensor);
    if (gradient) this.#sharers.get(gradient)?.delete(tensor);
  }
}
