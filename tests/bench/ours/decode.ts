// Ours as a contender: greedy decoding with a KV cache. A unit of work is a token, its time the mean over those after the
// first readback.

import { openGpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { openGenerator } from "../../../lib/inference/generator.ts";
import { loadWeights, openModel } from "../../../lib/model/open_model.ts";
import { specShape } from "../../support/gpt_spec.ts";
import { decodingWeights } from "../decoding_weights.ts";
import { benchTokenizer } from "../bench_tokenizer.ts";
import { contend, readTask } from "../contending.ts";
import { type DecodingTask, promptId } from "../tasks.ts";

/** Tokens the host reads at once. */
const TOKENS_PER_READBACK = 16;

const { size, prompt, tokens } = readTask<DecodingTask>();
const gpu = await openGpuBackend();
const gpt = openModel(gpu, specShape(size), { trainable: false, inPieces: true });
loadWeights(gpu, gpt, decodingWeights(size));

let written: number[] = [];
const generator = openGenerator(gpu, gpt, {
  ...benchTokenizer(size.V),
  decodeBytes: (ids) => {
    written.push(...Array.from(ids));
    return new Uint8Array(ids.length);
  },
});
const promptText = Array.from({ length: prompt }, (_, i) => String.fromCharCode(promptId(i, size.V))).join(
  "",
);

/** @returns milliseconds a token */
const generate = async (maxNewTokens: number) => {
  const request = { maxNewTokens, temperature: 0, topK: 0, topP: 1, seed: 1, stop: [] };
  let msPerToken = NaN;
  written = [];
  await Array.fromAsync(
    generator.generate(promptText, { ...request, tokensPerReadback: TOKENS_PER_READBACK }, {
      onEnd: ({ newTokens, decodeMs }) => msPerToken = decodeMs / (newTokens - TOKENS_PER_READBACK),
    }),
  );
  return msPerToken;
};

await generate(1);
const firstUnitMs = performance.now();
await generate(tokens);
const facts = { adapter: gpu.description, firstUnitMs, tokens: written };

await contend(facts, async () => ({ unitMs: [await generate(tokens), await generate(tokens)] }));
