// From files to a trained model in one call: ingest, tokenize, train, draw the curves, write a sample. Each stage does
// nothing when what it would make is there already.

import { join } from "node:path";
import { openBackend } from "../model/open_backend.ts";
import { openQuantized } from "../model/open_model.ts";
import type { Config } from "../config/config.ts";
import { writeFileAtomic } from "../common/atomic_file.ts";
import { type TokenDataset, tokenize } from "../dataset/tokenize.ts";
import { type Generator, openGenerator } from "../inference/generator.ts";
import { ingest } from "../ingest/ingest.ts";
import { drawPlots } from "../monitor/plots.ts";
import { readTokenizer } from "../tokenizer/tokenizer_file.ts";
import { readRunDevice } from "./run_folder.ts";
import type { TrainEvent } from "./train_events.ts";
import { train, type TrainOptions, type TrainOutcome } from "./train.ts";

/**
 * Options of a whole run; every one has a default.
 *
 * @example
 * ```ts
 * import type { PipelineOptions } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const losses: number[] = [];
 * const options: PipelineOptions = {
 *   epochs: 3,
 *   resume: "continue",
 *   onEvent: (event) => {
 *     if (event.kind === "validation") losses.push(event.loss);
 *   },
 * };
 * assertEquals([options.epochs, losses.length], [3, 0]);
 * ```
 */
export interface PipelineOptions extends Partial<TrainOptions> {
  /** Passes over the training split instead of `training.maxSteps`. */
  readonly epochs?: number;
}

/**
 * Trains a model on the files of `config.data.paths`, into `config.training.runDir`.
 *
 * @param config - a complete configuration, every group of which is used
 * @param options - events, stopping, resuming
 * @returns how far it came
 *
 * @example
 * ```ts
 * import { defaultConfig, listCheckpoints, trainFromFiles } from "@sheepop/sheepop";
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
 *
 * const kinds = new Set<string>();
 * const { step, stopped } = await trainFromFiles(config, { onEvent: ({ kind }) => kinds.add(kind) });
 * assertEquals([step, stopped], [2, false]);
 * assertEquals(kinds.has("progress"), true);
 * assertEquals((await listCheckpoints(config.training.runDir)).map(({ step }) => step), [2]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 * @throws {UsageError} when there is nothing to learn from, no adapter answers or the run folder holds another run
 */
export async function trainFromFiles(
  config: Config,
  options: PipelineOptions = {},
): Promise<TrainOutcome> {
  const onEvent = options.onEvent ?? (() => {});
  const dataset = await prepareData(config, onEvent);
  const settled = options.epochs ? withEpochs(config, dataset.info.train.tokens, options.epochs) : config;
  await using backend = await openBackend(settled.resources, {
    run: options.resume === "continue" ? await readRunDevice(settled.training.runDir) : undefined,
    onWarning: (message) => onEvent({ kind: "warning", message }),
  });
  const { gpt, ...outcome } = await train(backend, settled, {
    resume: options.resume ?? "never",
    from: options.from,
    onEvent,
    shouldStop: options.shouldStop ?? (() => false),
    dataset,
  });
  if (settled.monitor.plots) await drawCurves(settled, onEvent);
  if (!outcome.stopped && settled.training.sampleTokens > 0) {
    const tokenizer = await readTokenizer(join(dataset.dir, dataset.info.tokenizer));
    const { quantize } = settled.generate;
    const writer = quantize === "none" ? gpt : await openQuantized(backend, gpt, quantize);
    await writeSample(openGenerator(backend, writer, tokenizer), settled, onEvent);
  }
  return outcome;
}

type OnEvent = (event: TrainEvent) => void;

async function prepareData(config: Config, onEvent: OnEvent): Promise<TokenDataset> {
  const text = await ingest(config, {
    onProgress: (progress) => onEvent({ kind: "ingestProgress", progress }),
  });
  onEvent({ kind: "ingested", dir: text.dir, upToDate: text.upToDate, summary: text.summary });
  const dataset = await tokenize(config, text, {
    onProgress: ({ documents, totalDocuments }) =>
      onEvent({ kind: "tokenizeProgress", documents, totalDocuments }),
  });
  onEvent({ kind: "tokenized", dir: dataset.dir, upToDate: dataset.upToDate, info: dataset.info });
  return dataset;
}

async function drawCurves({ training, monitor }: Config, onEvent: OnEvent): Promise<void> {
  const onWarning = (message: string) => onEvent({ kind: "warning", message });
  const files = await drawPlots(training.runDir, { png: monitor.png, onWarning });
  if (files.length > 0) onEvent({ kind: "plots", files });
}

async function writeSample(
  generator: Generator,
  { training, generate }: Config,
  onEvent: OnEvent,
): Promise<void> {
  const { samplePrompt: prompt, sampleTokens: maxNewTokens, runDir } = training;
  let text = "";
  for await (const piece of generator.generate(prompt, { ...generate, maxNewTokens })) text += piece;
  await writeIfOther(join(runDir, "sample.txt"), `${prompt}${text}\n`);
  onEvent({ kind: "sample", prompt, text });
}

function withEpochs(config: Config, tokens: number, epochs: number): Config {
  const { batchSize, gradientAccumulationSteps } = config.training;
  const windows = Math.max(1, Math.floor((tokens - 1) / config.model.maxSeqLen));
  const maxSteps = Math.max(1, Math.ceil(epochs * windows / (batchSize * gradientAccumulationSteps)));
  return { ...config, training: { ...config.training, maxSteps } };
}

/** A run that is up to date leaves its files untouched. */
async function writeIfOther(path: string, text: string): Promise<void> {
  if (await Deno.readTextFile(path).catch(() => undefined) !== text) await writeFileAtomic(path, text);
}
