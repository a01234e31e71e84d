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

/** Channels of a head that count: those of a widened call are fewer than its tensors have. */
export function channelsOf(call: Call): number {
  return Number(call.attributes.channels ?? sizesOf(call).D);
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
      SCALE: 1 / Math.sqrt(channelsOf(call)),
      ...(accumulate === undefined ? {} : { ACCUMULATE: Number(accumulate) }),
      ...(hasDropout(call) ? { PROBABILITY: probability, KEPT: 1 / (1 - probability) } : {}),
    },
    shape: { T, H, D: D / 4, site: call.site },
    bindings: hasDropout(call) ? { control: call.inputs.control } : {},
  };
}

/** What a kernel that never stores the scores does. */
export interface FlashWork {
  /** Products of queries with keys, half of which is above the diagonal. */
  readonly products: number;
  /** Tensors [B, T, H, D] it reads and writes, queries, keys and values counted one by one. */
  readonly rows: number;
  /** Tensors [B, H, T] it reads and writes. */
  readonly sums: number;
}

/** The same in the terms of a dispatch: `8x4x256x64`, B x H x T x D. */
export function attentionWork(
  call: Call,
  { products, rows, sums }: FlashWork,
): { flops: number; bytes: number; detail: string } {
  const { B, T, H, D } = sizesOf(call);
  return {
    flops: products * B * H * T * (T + 1) * channelsOf(call),
    bytes: 4 * B * H * T * (rows * D + sums),
    detail: [B, H, T, D].join("x"),
  };
}
