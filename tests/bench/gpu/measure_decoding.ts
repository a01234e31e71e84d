// Decoding token by token over a KV cache, greedy, after a short prompt. Each token reads every weight once, so the bytes
// a second are comparable with a copy's.

import { Decoder } from "../../../lib/inference/decoder.ts";
import { gptParameters, type ModelShape } from "../../../lib/model/gpt_parameters.ts";
import { loadWeights, openModel } from "../../../lib/model/open_model.ts";
import { specShape, specWeights } from "../../support/gpt_spec.ts";
import type { ModelSizes } from "./model_sizes.ts";
import { openBenchGpu } from "./open_bench_gpu.ts";
import type { TrialContext } from "./trial.ts";

const PROMPT_TOKENS = 16;
/** Tokens sampled between two readbacks. */
const TOKENS_PER_READBACK = 16;
const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 1, stream: 0 };

/** Records tokens a second of all sequences together, and the bytes that one turn of all of them reads. */
export async function measureDecoding(
  { record, small }: TrialContext,
  sizes: ModelSizes,
  batch: number,
): Promise<void> {
  const size = small ? sizes.small : sizes.full;
  await using gpu = await openBenchGpu();
  const shape = specShape(size);
  const gpt = openModel(gpu, shape, { trainable: false, inPieces: true });
  loadWeights(gpu, gpt, specWeights(size));
  const decoder = new Decoder(gpu, gpt, { slots: batch });
  const prompt = Uint32Array.from({ length: PROMPT_TOKENS }, (_, i) => (i * 37) % shape.vocabSize);
  const newTokens = Math.min(small ? 32 : 256, shape.maxSeqLen - PROMPT_TOKENS);
  const rates: number[] = [];
  let prefillMs = Infinity;
  for (let round = 0; round < (small ? 3 : 5); round++) {
    const promptedAt = performance.now();
    for (let slot = 0; slot < batch; slot++) decoder.start(prompt, { ...GREEDY, stream: slot }, slot);
    await decoder.decode(1);
    prefillMs = Math.min(prefillMs, performance.now() - promptedAt);
    const startedAt = performance.now();
    for (let done = 1; done < newTokens;) {
      const count = Math.min(TOKENS_PER_READBACK, newTokens - done);
      await decoder.decode(count);
      done += count;
    }
    rates.push((newTokens - 1) / (performance.now() - startedAt) * 1000);
  }
  // The first round compiles.
  const tokensPerSecond = rates.slice(1).sort((x, y) => x - y)[(rates.length - 1) >> 1];
  const bytes = bytesPerTurn(shape, { context: PROMPT_TOKENS + newTokens / 2, batch });
  record("size", { ...size, B: batch });
  record("new_tokens", newTokens);
  record("tokens_per_readback", TOKENS_PER_READBACK);
  record("prompt_and_first_token_ms", prefillMs);
  record("tokens_per_second", tokensPerSecond * batch);
  record("bytes_per_turn", bytes);
  record("gb_per_second", tokensPerSecond * bytes / 1e9);
  record("memory_mib", gpu.memoryBytes / 2 ** 20);
}

/** Weights, each once, tied ones too, and the keys and values of `context` positions of each sequence; f32. */
export function bytesPerTurn(shape: ModelShape, options: { context: number; batch: number }): number {
  const { context, batch } = options;
  const weights = gptParameters(shape).reduce((sum, spec) => {
    return sum + (spec.name === "wpe.weight" ? shape.dModel : spec.shape.reduce((a, b) => a * b, 1));
  }, 0);
  return 4 * (weights + 2 * shape.numLayers * shape.dModel * context * batch);
}
