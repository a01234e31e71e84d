// Row sums that come before everything else of attention's backward pass.

import type { Call } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import attentionDelta from "./attention_delta.wgsl" with { type: "text" };
import { channelsOf, sizesOf } from "./attention_spec.ts";

/** delta [B, H, T] = sums of d_y y over the channels of a head, equal to the sum of the probabilities times their gradients. */
export function lowerDelta(call: Call, lowering: Lowering): Tensor {
  const { lse, y, d_y } = call.inputs;
  const { B, T, H, D } = sizesOf(call);
  const { lanes, rows } = lowering.rowShape;
  const vector = vectorOf(D);
  const delta = lowering.scratch("delta", lse.shape);
  lowering.dispatch({
    kernel: "attention_delta",
    code: lowering.lanesSnippet + vector.snippet + attentionDelta,
    constants: { LANES: lanes, ROWS: rows },
    shape: { T, H, D: D / vector.width },
    bindings: { y, d_y, delta },
    grid: [Math.ceil(T / rows), 1, B * H],
    flops: 2 * B * H * T * channelsOf(call),
  });
  return delta;
}
