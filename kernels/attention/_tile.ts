// Lowers attention to the kernels for GPUs, which keep tiles in workgroup memory and never store the scores.

import type { Call } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tensor } from "../program/tensor.ts";
import { lowerDelta } from "./_delta.ts";
import attentionBackwardKeys from "./attention_backward_keys_tile.wgsl" with { type: "text" };
import attentionBackwardQueries from "./attention_backward_queries_tile.wgsl" with { type: "text" };
import attentionForward from "./attention_forward_tile.wgsl" with { type: "text" };
import {
  type AttentionSizes,
  attentionWork,
  flashParts,
  type FlashWork,
  MAX_ITERATIONS,
  sizesOf,
} from "./attention_spec.ts";
import attentionStore from "./attention_store.wgsl" with { type: "text" };
import attentionTile from "./attention_tile.wgsl" with { type: "text" };

/** Groups of a workgroup, four rows each: 32 rows, because a short context has to fill a GPU with workgroups. */
const GROUPS = 8;
/** Invocations of a workgroup every adapter allows. */
const MAX_INVOCATIONS = 256;

interface Tile {
  /** Invocations of a group, one for each Vector of a head. */
  readonly lanes: number;
  /** Members of the tile each of them computes products with. */
  readonly perLane: number;
}

/** About 32 members a tile. */
function tileOf(channels: number): Tile {
  const lanes = channels / 4;
  return { lanes, perLane: Math.max(1, Math.min(8, Math.floor(32 / lanes))) };
}

/** Whether the kernels compute this attention: heads of whole Vectors, tiles that fit workgroup memory. */
export function fitsTile({ T, D }: AttentionSizes, lowering: Lowering): boolean {
  const { lanes, perLane } = tileOf(D);
  const members = lanes * perLane;
  const bytes = 16 * members * (lanes + 1 + GROUPS);
  // Loop iterations of the kernel with most of them, that of the keys: loads, products, weights, sums.
  const perTile = 2 * lanes * (perLane + 2) + 2 * members + 3 * Math.ceil(members / GROUPS) + lanes + perLane;
  return D % 4 === 0 && lanes * GROUPS <= MAX_INVOCATIONS && bytes <= lowering.traits.maxWorkgroupBytes &&
    !(lowering.traits.isSoftware && Math.ceil(T / members) * perTile > MAX_ITERATIONS);
}

export function lowerForwardTile(call: Call, lowering: Lowering): void {
  const { y, lse } = call.outputs;
  lowerKernel(call, lowering, {
    kernel: "attention_forward_tile",
    code: attentionForward,
    bindings: { y, lse },
    work: { products: 2, rows: 4, sums: 1 },
  });
}

export function lowerBackwardTile(call: Call, lowering: Lowering): void {
  const { lse, d_y } = call.inputs;
  const bindings = { d_y, lse, delta: lowerDelta(call, lowering), d_qkv: call.outputs.d_qkv };
  lowerKernel(call, lowering, {
    kernel: "attention_backward_queries_tile",
    code: attentionStore + attentionBackwardQueries,
    bindings,
    // Queries, keys, values, their gradient and d_y; log-sum-exp and delta.
    work: { products: 3, rows: 5, sums: 2 },
  });
  lowerKernel(call, lowering, {
    kernel: "attention_backward_keys_tile",
    code: attentionStore + attentionBackwardKeys,
    bindings,
    work: { products: 4, rows: 6, sums: 2 },
  });
}

function lowerKernel(
  call: Call,
  lowering: Lowering,
  options: { kernel: string; code: string; bindings: Record<string, Tensor>; work: FlashWork },
): void {
  const { kernel, code, bindings, work } = options;
  const sizes = sizesOf(call);
  const { lanes, perLane } = tileOf(sizes.D);
  const parts = flashParts(call);
  lowering.dispatch({
    kernel,
    code: `const LANES = ${lanes}u;\nconst GROUPS = ${GROUPS}u;\nconst PER_LANE = ${perLane}u;\n` +
      parts.snippet + attentionTile + code,
    constants: parts.constants,
    shape: parts.shape,
    bindings: { ...parts.bindings, qkv: call.inputs.qkv, ...bindings },
    grid: [Math.ceil(sizes.T / (4 * GROUPS)), 1, sizes.B * sizes.H],
    ...attentionWork(call, work),
  });
}
