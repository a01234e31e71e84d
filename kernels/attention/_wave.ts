// Lowers attention to the generated kernels for CPU adapters, which never store the scores.

import type { Call } from "../program/call.ts";
import type { Lowering, Resource } from "../program/lowering.ts";
import { WAVE_ROWS, WAVE_TILE } from "./_wave_tile.ts";
import attentionStore from "./attention_store.wgsl" with { type: "text" };
import {
  type AttentionSizes,
  attentionWork,
  flashParts,
  type FlashWork,
  MAX_ITERATIONS,
  sizesOf,
} from "./attention_spec.ts";
import { attentionWave, entryPoint, type WaveKernel } from "./attention_wave.ts";

/** Most channels of a head: the registers of larger ones are more than a kernel compiles with in reasonable time. */
const MAX_CHANNELS = 128;

/** Whether the kernels compute this attention: heads of whole Vectors, operands that fit textures. */
export function fitsWave({ B, T, H, D }: AttentionSizes, lowering: Lowering): boolean {
  const { maxTextureRows } = lowering.traits;
  const iterations = Math.ceil(T / WAVE_TILE) * (D / 4 + WAVE_TILE / WAVE_ROWS + 1);
  return D % 4 === 0 && D <= MAX_CHANNELS && iterations <= MAX_ITERATIONS &&
    B * T <= maxTextureRows && 3 * H * D / 4 + 64 <= maxTextureRows;
}

export function lowerForwardWave(call: Call, lowering: Lowering): void {
  const { y, lse } = call.outputs;
  lowerKernel(call, lowering, {
    kernel: "forward",
    work: { products: 2, rows: 4, sums: 1 },
    bindings: { y, lse },
  });
}

export function lowerBackwardWave(call: Call, lowering: Lowering): void {
  const { y, lse, d_y } = call.inputs;
  const delta = lowering.scratch("delta", lse.shape);
  const bindings = { d_y: lowering.texture(d_y), lse, delta, d_qkv: call.outputs.d_qkv };
  lowerKernel(call, lowering, {
    kernel: "queries",
    // Queries, keys, values, their gradient and d_y, y; log-sum-exp and delta.
    work: { products: 3, rows: 6, sums: 3 },
    bindings: { ...bindings, y: lowering.texture(y) },
  });
  lowerKernel(call, lowering, { kernel: "keys", work: { products: 4, rows: 6, sums: 2 }, bindings });
}

function lowerKernel(
  call: Call,
  lowering: Lowering,
  options: { kernel: WaveKernel; work: FlashWork; bindings: Record<string, Resource> },
): void {
  const { kernel, work, bindings } = options;
  const sizes = sizesOf(call);
  const parts = flashParts(call);
  const vectors = Math.ceil(sizes.D / 32);
  const code = attentionWave({ kernel, vectors });
  lowering.dispatch({
    kernel: entryPoint(kernel),
    code: parts.snippet + (kernel === "forward" ? "" : attentionStore) + code,
    constants: parts.constants,
    shape: parts.shape,
    bindings: { ...parts.bindings, qkv: lowering.texture(call.inputs.qkv), ...bindings },
    grid: [Math.ceil(sizes.T / WAVE_ROWS), 1, sizes.B * sizes.H],
    ...attentionWork(call, work),
  });
}
