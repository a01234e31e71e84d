// How well a checkpoint predicts a text, and what quantising it costs: loss, perplexity and bits per byte in f32 and, when
// asked for, in 8 or 4 bits, over the same tokens.

import { type Checkpoint, loadCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Config } from "../config/config.ts";
import { Batches } from "../dataset/batches.ts";
import type { TokenFile } from "../dataset/token_file.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { openBackend } from "../model/open_backend.ts";
import { loadWeights, openForInference } from "../model/open_model.ts";
import { type Quantization, weightMemory } from "../model/quantized_weights.ts";
import { parseTokenizer } from "../tokenizer/tokenizer_file.ts";
import { openText, openValidationSplit } from "./evaluation_text.ts";
import { Evaluator } from "./evaluator.ts";

/**
 * Something that happened while a checkpoint was measured, told apart by `kind`.
 *
 * @example
 * ```ts
 * import type { EvaluateEvent } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const event: EvaluateEvent = { kind: "progress", weights: "q8", batches: 16, totalBatches: 64 };
 * assertEquals(event.batches / event.totalBatches, 0.25);
 * ```
 */
export type EvaluateEvent =
  | { readonly kind: "warning"; readonly message: string }
  | {
    readonly kind: "progress";
    /** How the weights that are measured now are kept. */
    readonly weights: Measurement["weights"];
    readonly batches: number;
    readonly totalBatches: number;
  };

/** What to measure, on what, and who is told. */
export interface EvaluateOptions {
  /** Run folder or step folder. */
  readonly checkpoint: string;
  /** Files and folders of text; the validation split of the run where left out. */
  readonly data?: readonly string[];
  /** Batches to measure, spread evenly over the text; all where left out. */
  readonly evalBatches?: number;
  /** Told everything that happens. */
  readonly onEvent?: (event: EvaluateEvent) => void;
  /** Asked now and then; true ends early. */
  readonly shouldStop?: () => boolean;
}

/** A model's loss with its weights kept in one way. */
export interface Measurement {
  /** How the weights are kept. */
  readonly weights: "f32" | "q8" | "q4";
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Loss in bits over the bytes of the text. */
  readonly bitsPerByte: number;
  /** Bytes the weights take on the device. */
  readonly weightBytes: number;
}

/** What was measured. */
export interface Evaluation {
  /** Step folder. */
  readonly checkpoint: string;
  /** Updates the model was trained for. */
  readonly step: number;
  /** What it was measured on. */
  readonly text: string;
  /** Targets the losses are means of. */
  readonly tokens: number;
  /** Adapter. */
  readonly device: string;
  /** f32 first, then the quantised weights if asked for. */
  readonly measurements: readonly Measurement[];
  /** What quantising costs; null when nothing is quantised. */
  readonly cost: {
    /** Loss of the quantised model minus that of f32, nats per token. */
    readonly loss: number;
    /** Perplexity of the quantised model over that of f32. */
    readonly perplexityRatio: number;
  } | null;
}

/**
 * Measures how well the model of a checkpoint predicts a text; with `config.generate.quantize` once in f32 and once
 * quantised.
 *
 * @param config - `generate.quantize` and `resources`; model, tokenizer and batch size come from the checkpoint
 * @param options - checkpoint and text
 * @returns loss, perplexity and bits per byte; undefined when asked to stop
 * @throws {UsageError} when no checkpoint verifies, its validation split is gone, or there is no text
 *
 * @example
 * ```ts
 * import { defaultConfig, evaluateCheckpoint, trainFromFiles } from "@sheepop/sheepop";
 * import { assert, assertEquals } from "@std/assert";
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
 * config.generate.quantize = "q8";
 *
 * await trainFromFiles(config);
 * const evaluation = await evaluateCheckpoint(config, { checkpoint: config.training.runDir });
 * assertEquals(evaluation?.measurements.map(({ weights }) => weights), ["f32", "q8"]);
 * assert(Math.abs(evaluation!.cost!.perplexityRatio - 1) < 0.01);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function evaluateCheckpoint(
  config: Config,
  options: EvaluateOptions,
): Promise<Evaluation | undefined> {
  const { checkpoint: path, data, onEvent = () => {} } = options;
  const warnings: string[] = [];
  const checkpoint = await loadCheckpoint(path, {
    weightsOnly: true,
    onRejected: (dir, reason) => {
      warnings.push(`Checkpoint ${dir} is damaged and was passed over: ${reason}`);
    },
  });
  for (const message of warnings) onEvent({ kind: "warning", message });
  const tokenizer = parseTokenizer(checkpoint.tokenizer);
  await using text = data
    ? await openText(data, { config: checkpoint.config, tokenizer })
    : await openValidationSplit(checkpoint);
  const { quantize } = config.generate;
  const measured: Measured[] = [];
  for (const kind of quantize === "none" ? ["none"] as const : ["none", quantize] as const) {
    measured.push(await measure(config, { ...options, checkpoint, file: text.file, quantize: kind }));
    if (options.shouldStop?.()) return undefined;
  }
  const [{ tokens, device }] = measured;
  const measurements = measured.map(({ measurement }) => measurement);
  const { step } = checkpoint;
  return {
    checkpoint: checkpoint.path,
    step,
    text: text.name,
    tokens,
    device,
    measurements,
    cost: costOf(measurements),
  };
}

interface Measured {
  readonly measurement: Measurement;
  readonly tokens: number;
  readonly device: string;
}

async function measure(
  { resources }: Config,
  options: Pick<EvaluateOptions, "evalBatches" | "onEvent" | "shouldStop"> & {
    readonly checkpoint: Checkpoint;
    readonly file: TokenFile;
    readonly quantize: Quantization;
  },
): Promise<Measured> {
  const { checkpoint, file, quantize } = options;
  const weights = quantize === "none" ? "f32" : quantize;
  const { batchSize } = checkpoint.config.training;
  await using backend = await openBackend(resources, {
    onWarning: (message) => options.onEvent?.({ kind: "warning", message }),
  });
  const gpt = openForInference(backend, modelShape(checkpoint.config.model, file.vocabSize), { quantize });
  loadWeights(backend, gpt, checkpoint.weights);
  const batches = new Batches(file, { batchSize, maxSeqLen: gpt.shape.maxSeqLen, seed: 0 });
  const { loss, tokens } = await new Evaluator(backend, gpt, { batchSize }).evaluate(batches, {
    ...options,
    onProgress: (batches, totalBatches) =>
      options.onEvent?.({ kind: "progress", weights, batches, totalBatches }),
  });
  const bitsPerByte = loss / Math.LN2 * file.numTokens / Math.max(1, file.textBytes);
  const { bytes } = weightMemory(gpt);
  return {
    measurement: { weights, loss, perplexity: Math.exp(loss), bitsPerByte, weightBytes: bytes },
    tokens,
    device: backend.description,
  };
}

function costOf([full, quantized]: readonly Measurement[]): Evaluation["cost"] {
  if (!quantized) return null;
  return { loss: quantized.loss - full.loss, perplexityRatio: quantized.perplexity / full.perplexity };
}
