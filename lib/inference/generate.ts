// Generation from a run folder: loads the newest checkpoint that verifies, with the tokenizer inside it, and writes.

import { loadCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Config } from "../config/config.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { loadWeights, openForInference } from "../model/open_model.ts";
import { openBackend } from "../model/open_backend.ts";
import { weightMemory } from "../model/quantized_weights.ts";
import { parseTokenizer } from "../tokenizer/tokenizer_file.ts";
import { type GenerateStats, openGenerator } from "./generator.ts";

/**
 * Something that happened while text was generated, told apart by `kind`.
 *
 * @example
 * ```ts
 * import type { GenerateEvent } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * let text = "";
 * const onEvent = (event: GenerateEvent) => {
 *   if (event.kind === "text") text += event.text;
 * };
 * onEvent({ kind: "text", sample: 0, text: "Baa" });
 * assertEquals(text, "Baa");
 * ```
 */
export type GenerateEvent =
  | {
    readonly kind: "loaded";
    readonly path: string;
    readonly step: number;
    readonly device: string;
    /** Bytes of the weights on the device, and what they would be in f32. */
    readonly weights: { readonly bytes: number; readonly f32Bytes: number };
  }
  | { readonly kind: "warning"; readonly message: string }
  /** A piece of text `sample`, counted from 0: prompts in order, `generate.numSamples` for each. */
  | { readonly kind: "text"; readonly sample: number; readonly text: string }
  | { readonly kind: "end"; readonly sample: number; readonly stats: GenerateStats };

/**
 * What to continue, with which model, and who is told.
 *
 * @example
 * ```ts
 * import type { GenerateOptions } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const options: GenerateOptions = { checkpoint: "data/runs/default", prompt: "Once upon a time" };
 * assertEquals(options.maxLength, undefined); // then config.generate.maxNewTokens counts
 * ```
 */
export interface GenerateOptions {
  /** Run folder or step folder. */
  readonly checkpoint: string;
  /** Text to continue, or several; empty begins a new document. */
  readonly prompt: string | readonly string[];
  /** Length of prompt and new text together, in tokens, instead of `generate.maxNewTokens`. */
  readonly maxLength?: number;
  /** Told everything that happens. */
  readonly onEvent?: (event: GenerateEvent) => void;
  /** Asked between two readbacks; true ends the text. */
  readonly shouldStop?: () => boolean;
}

/** Texts written at once: more share the reading of a weight, and each has a KV cache of its own. */
const MOST_SLOTS = 8;

/**
 * Continues prompts with the model of a checkpoint, `generate.numSamples` times each, side by side.
 *
 * @param config - `generate` and `resources`; the model and its tokenizer come from the checkpoint
 * @param options - checkpoint and prompts
 * @returns the new texts: prompts in order, samples of one prompt one after another
 * @throws {UsageError} when no checkpoint verifies or no adapter answers
 *
 * @example
 * ```ts
 * import { defaultConfig, generateFromCheckpoint, trainFromFiles } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/notes.txt`, "Sheep sleep under the old oak tree.\n".repeat(20));
 * const config = defaultConfig();
 * config.data.paths = [`${folder}/notes.txt`];
 * config.data.outputDir = `${folder}/cache`;
 * config.training.runDir = `${folder}/run`;
 * Object.assign(config.model, { dModel: 8, numLayers: 1, numHeads: 2, maxSeqLen: 16 });
 * Object.assign(config.training, { batchSize: 2, maxSteps: 2, sampleTokens: 0 });
 * config.monitor.plots = false;
 * config.resources.device = "reference"; // the slow reference: for tiny models only
 * config.generate.maxNewTokens = 3;
 *
 * await trainFromFiles(config);
 * const options = { checkpoint: config.training.runDir, prompt: "Sheep" };
 * const [text] = await generateFromCheckpoint(config, options);
 * config.generate.numSamples = 2;
 * const [again, other] = await generateFromCheckpoint(config, options);
 * assertEquals(again, text); // the same seed, the same text
 * assertEquals(typeof other, "string"); // another sample of the same prompt
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function generateFromCheckpoint(config: Config, options: GenerateOptions): Promise<string[]> {
  const { checkpoint: path, maxLength, shouldStop } = options;
  const onEvent = options.onEvent ?? (() => {});
  const warnings: string[] = [];
  const checkpoint = await loadCheckpoint(path, {
    weightsOnly: true,
    onRejected: (dir, reason) => {
      warnings.push(`Checkpoint ${dir} is damaged and was passed over: ${reason}`);
    },
  });
  // Where none is left, the error says why.
  for (const message of warnings) onEvent({ kind: "warning", message });
  const tokenizer = parseTokenizer(checkpoint.tokenizer);
  await using backend = await openBackend(config.resources, {
    onWarning: (message) => onEvent({ kind: "warning", message }),
  });
  const shape = modelShape(checkpoint.config.model, tokenizer.vocabSize);
  const gpt = openForInference(backend, shape, { quantize: config.generate.quantize, inPieces: true });
  loadWeights(backend, gpt, checkpoint.weights);
  const weights = weightMemory(gpt);
  const { path: folder, step } = checkpoint;
  onEvent({ kind: "loaded", path: folder, step, device: backend.description, weights });
  const { numSamples, quantize: _, ...request } = config.generate;
  const prompts = [options.prompt].flat().flatMap((prompt) =>
    Array.from({ length: numSamples }, () => prompt)
  );
  const texts = prompts.map(() => "");
  const onEnd = (stats: GenerateStats, sample: number) => onEvent({ kind: "end", sample, stats });
  const generator = openGenerator(backend, gpt, tokenizer, { slots: Math.min(MOST_SLOTS, prompts.length) });
  for await (
    const { sample, text } of generator.generateAll(prompts, request, { shouldStop, onEnd, maxLength })
  ) {
    texts[sample] += text;
    onEvent({ kind: "text", sample, text });
  }
  return texts;
}
