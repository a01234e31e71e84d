// One attention as its lowerings see it: sizes, and how a dispatch learns of them.

import type { Call } from "../program/call.ts";
import { columnsOf, type Tensor } from "../program/tensor.ts";
import random from "../snippets/random.wgsl" with { type: "text" };
import stepControl from "../snippets/step_control.wgsl" with { type: "text" };
import attentionKept from "./attention_kept.wgsl" with { type: "text" };
import attentionKeptAll from "./attention_kept_all.wgsl" with { type: "text" };
import attentionShape from "./attention_shape.wgsl" with { type: "text" };

/** A software adapter stops an invocation after 65,535 loop iterations, counted over all its loops. */
export const MAX_ITERATIONS = 60000;

/** Sizes: sequences, positions, heads, channels per head. */
export interface AttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly D: number;
}

/** Sizes of a forward or backward call: its log-sum-exp tensor is [B, H, T]. */
export function sizesOf(call: Call): AttentionSizes {
  const [B, H, T] = (call.outputs.lse ?? call.inputs.lse).shape;
  return { B, T, H, D: columnsOf(call.inputs.qkv) / 3 / H };
}

export function hasDropout(call: Call): boolean {
  return Number(call.attributes.dropout) > 0;
}

/** What kernels that never store the scores are given besides their own text, constants, shape and operands. */
export function flashParts(call: Call): {
  snippet: string;
  constants: Record<string, number>;
  shape: Record<string, number>;
  bindings: Record<string, Tensor>;
} {
  const { T, H, D } = sizesOf(call);
  const probability = Number(call.attributes.dropout);
  const { accumulate } = call.attributes;
  return {
    snippet: attentionShape + (hasDropout(call) ? stepControl + random + attentionKept : attentionKeptAll),
    constants: {
      SCALE: 1 / Math.sqrt(D),
      ...(accumulate === undefined ? {} : { ACCUMULATE: Number(accumulate) }),
      ...(hasDropout(call) ? { PROBABILITY: probability, KEPT: 1 / (1 - probability) } : {}),
    },
    shape: { T, H, D: D / 4, site: call.site },
    bindings: hasDropout(call) ? { control: call.inputs.control } : {},
  };
}

/** Floating-point operations of `products` products of queries with keys, half of them above the diagonal. */
export function attentionFlops({ B, T, H, D }: AttentionSizes, products: number): number {
  return products * B * H * T * (T + 1) * D;
}
