// Text from a model, piece by piece, past the context too: when the cache is full the last half of it is read again and
// writing goes on.

import type { Backend } from "../../kernels/program/backend.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import type { Gpt } from "../model/gpt.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { Decoder } from "./decoder.ts";
import { TextStream } from "./text_stream.ts";

/** How to choose tokens and when to end; keys of `generate`. */
export type GenerateRequest = Omit<Config["generate"], "quantize">;

/** What became of a generation. */
export interface GenerateStats {
  /** Tokens of the prompt. */
  readonly promptTokens: number;
  /** Tokens of the text that was handed out. */
  newTokens: number;
  /** Time of the prompt and of the first readback of tokens, milliseconds. */
  prefillMs: number;
  /** Time of everything after that, milliseconds. */
  decodeMs: number;
  /** What ended it: the wanted length, the end of the document, a stop text, or `shouldStop`. */
  endedBy: "length" | "end of text" | "stop text" | "request";
}

export interface Generator {
  /**
   * Continues a prompt.
   *
   * @param options.shouldStop asked between two readbacks
   * @param options.onEnd told what became of it
   * @returns pieces of text; a stop text and what follows it are left out
   */
  generate(
    prompt: string,
    request: GenerateRequest,
    options?: { shouldStop?: () => boolean; onEnd?: (stats: GenerateStats) => void },
  ): AsyncGenerator<string, void>;
}

/**
 * Prepares a model that is in `backend` for generation.
 *
 * @throws {UsageError} when the tokenizer is not the model's
 */
export function openGenerator(backend: Backend, gpt: Gpt, tokenizer: Tokenizer): Generator {
  if (tokenizer.vocabSize !== gpt.shape.vocabSize) {
    throw new UsageError(
      `Cannot generate: the tokenizer has ${tokenizer.vocabSize} tokens and the model ${gpt.shape.vocabSize}, ` +
        "use the tokenizer saved with the model",
    );
  }
  const decoder = new Decoder(backend, gpt);
  return {
    async *generate(prompt, request, options = {}) {
      const stream = new TextStream(tokenizer, request.stop);
      // A document begins after an end-of-text, so an empty prompt means: a new document.
      const ids = prompt === "" ? Uint32Array.of(tokenizer.endOfTextId) : tokenizer.encode(prompt);
      const stats: GenerateStats = {
        promptTokens: ids.length,
        newTokens: 0,
        prefillMs: 0,
        decodeMs: 0,
        endedBy: "length",
      };
      for await (
        const piece of continueIds(decoder, ids, { request, stats, shouldStop: options.shouldStop })
      ) {
        const end = piece.indexOf(tokenizer.endOfTextId);
        const text = stream.push(end < 0 ? piece : piece.subarray(0, end));
        if (text) yield text;
        stats.newTokens += end < 0 ? piece.length : end;
        if (end >= 0) stats.endedBy = "end of text";
        if (stream.stopped) stats.endedBy = "stop text";
        if (end >= 0 || stream.stopped) break;
      }
      const rest = stream.end();
      if (rest) yield rest;
      options.onEnd?.(stats);
    },
  };
}

/** Ids after `ids`, a readback's worth at a time. */
async function* continueIds(
  decoder: Decoder,
  ids: Uint32Array,
  options: { request: GenerateRequest; stats: GenerateStats; shouldStop?: () => boolean },
): AsyncGenerator<Uint32Array, void> {
  const { request, stats, shouldStop } = options;
  const { capacity } = decoder;
  let known = Array.from(ids.subarray(-capacity));
  let startedAt = performance.now();
  const { temperature, topK, topP, seed } = request;
  let stream = 0;
  decoder.start(Uint32Array.from(known), { temperature, topK, topP, seed, stream });
  for (let left = request.maxNewTokens; left > 0;) {
    if (shouldStop?.()) {
      stats.endedBy = "request";
      return;
    }
    if (decoder.room === 0) {
      known = known.slice(-Math.max(1, Math.floor(capacity / 2)));
      decoder.start(Uint32Array.from(known), { temperature, topK, topP, seed, stream: ++stream });
    }
    const piece = await decoder.decode(Math.min(left, request.tokensPerReadback, decoder.room));
    const now = performance.now();
    if (stats.newTokens === 0 && stats.prefillMs === 0) stats.prefillMs = now - startedAt;
    else stats.decodeMs += now - startedAt;
    startedAt = now;
    known.push(...piece);
    left -= piece.length;
    yield piece;
    startedAt = performance.now();
  }
}
