// Text from a model, piece by piece, past the context too: when the cache is full the last half of it is read again and
// writing goes on. Several texts are written at once, as many as the decoder has slots; where one ends the next begins.

import type { Backend } from "../../kernels/program/backend.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import type { Gpt } from "../model/gpt.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { SampleRun } from "./_sample_run.ts";
import { Decoder } from "./decoder.ts";

/** How to choose tokens and when to end; the keys of `generate` for one text. */
export type GenerateRequest = Omit<Config["generate"], "numSamples" | "quantize">;

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

/** A piece of one of several texts. */
export interface SamplePiece {
  /** Number of the text, in the order they were asked for. */
  readonly sample: number;
  readonly text: string;
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
  /**
   * Continues prompts side by side. A prompt given again is another sample of it; the first sample of a prompt is the
   * text that generate() gives.
   *
   * @param options.maxLength length of prompt and text in tokens, instead of `request.maxNewTokens`
   * @returns pieces of all texts as they come; those of one text are in order
   */
  generateAll(
    prompts: readonly string[],
    request: GenerateRequest,
    options?: {
      maxLength?: number;
      shouldStop?: () => boolean;
      onEnd?: (stats: GenerateStats, sample: number) => void;
    },
  ): AsyncGenerator<SamplePiece, void>;
}

/**
 * Prepares a model that is in `backend` for generation.
 *
 * @param options.slots texts written at once, 1 where left out; each has a KV cache of its own
 * @throws {UsageError} when the tokenizer is not the model's
 */
export function openGenerator(
  backend: Backend,
  gpt: Gpt,
  tokenizer: Tokenizer,
  options: { slots?: number } = {},
): Generator {
  if (tokenizer.vocabSize !== gpt.shape.vocabSize) {
    throw new UsageError(
      `Cannot generate: the tokenizer has ${tokenizer.vocabSize} tokens and the model ${gpt.shape.vocabSize}, ` +
        "use the tokenizer saved with the model",
    );
  }
  const decoder = new Decoder(backend, gpt, options);
  const generateAll: Generator["generateAll"] = (prompts, request, options = {}) => {
    const runs = prompts.map((prompt, i) => {
      const copy = prompts.slice(0, i).filter((other) => other === prompt).length;
      return new SampleRun(prompt, { tokenizer, request, copy, maxLength: options.maxLength });
    });
    return writeAll(decoder, runs, { tokensPerReadback: request.tokensPerReadback, ...options });
  };
  return {
    generateAll,
    async *generate(prompt, request, options = {}) {
      for await (const { text } of generateAll([prompt], request, options)) yield text;
    },
  };
}

/** Gives free slots to the next texts, reads back as seldom as all of them allow, and hands out what is certain. */
async function* writeAll(
  decoder: Decoder,
  runs: readonly SampleRun[],
  options: {
    tokensPerReadback: number;
    shouldStop?: () => boolean;
    onEnd?: (stats: GenerateStats, sample: number) => void;
  },
): AsyncGenerator<SamplePiece, void> {
  const inSlots: (SampleRun | undefined)[] = Array.from({ length: decoder.slots }, () => undefined);
  const waiting = runs.slice();
  const end = (slot: number) => {
    decoder.stop(slot);
    inSlots[slot] = undefined;
  };
  try {
    for (;;) {
      inSlots.forEach((run, slot) => {
        if (!run) inSlots[slot] = waiting.shift();
        if (!run) inSlots[slot]?.start(decoder, slot);
      });
      const running = inSlots.flatMap((run, slot) => run ? [{ run, slot }] : []);
      if (running.length === 0) return;
      const isStopped = options.shouldStop?.() ?? false;
      if (isStopped) waiting.length = 0;
      const wanted = isStopped ? 0 : Math.max(...running.map(({ run }) => run.wants(decoder)));
      const pieces = wanted > 0 ? await decoder.decode(Math.min(wanted, options.tokensPerReadback)) : [];
      for (const { run, slot } of running) {
        const text = isStopped ? run.cut() : run.take(pieces[slot] ?? new Uint32Array());
        const sample = runs.indexOf(run);
        if (text) yield { sample, text };
        if (!run.isOver) continue;
        options.onEnd?.(run.stats, sample);
        end(slot);
      }
    }
  } finally {
    // The reader may have left in the middle.
    inSlots.forEach((run, slot) => run && end(slot));
  }
}
