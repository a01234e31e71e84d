/**
 * sheepop turns a folder of files into a language model you own, on any GPU, with no Python.
 *
 * This is the library behind the command line. {@linkcode trainFromFiles} goes all the way from files to a
 * trained model; {@linkcode generateFromCheckpoint} writes text with it. {@linkcode ingest},
 * {@linkcode tokenize} and {@linkcode drawPlots} are single stages of the way. Everything is configured by one
 * {@linkcode Config}, and a mistake of the caller is a {@linkcode UsageError} whose message says what to
 * change.
 *
 * @example
 * ```ts ignore
 * import { defaultConfig, generateFromCheckpoint, trainFromFiles } from "@sheepop/sheepop";
 *
 * const config = defaultConfig();
 * config.data.paths = ["notes"];
 * config.training.runDir = "data/runs/notes";
 * await trainFromFiles(config);
 * const [text] = await generateFromCheckpoint(config, { checkpoint: "data/runs/notes", prompt: "Today " });
 * console.log(text);
 * ```
 *
 * @module
 */

export { EXIT_STATUS, UsageError } from "./lib/common/errors.ts";
export {
  type Config,
  type ConfigGroup,
  defaultConfig,
  type FieldValue,
  validateConfig,
} from "./lib/config/config.ts";
export { FIELDS } from "./lib/config/fields.ts";
export { ingest, type IngestOptions, type IngestProgress, type TextDataset } from "./lib/ingest/ingest.ts";
export type { PagesDone } from "./lib/ingest/parse_files.ts";
export type {
  DroppedSample,
  DuplicateCluster,
  FileStatus,
  IngestSummary,
  KindCounts,
  ManifestEntry,
  SplitName,
  SplitSummary,
  StatusCounts,
} from "./lib/ingest/manifest.ts";
export type { FileKind } from "./lib/ingest/file_kinds.ts";
export type { StrangeCounts } from "./lib/ingest/clean_text.ts";
export {
  type TokenDataset,
  type TokenDatasetInfo,
  tokenize,
  type TokenizeOptions,
  type TokenizeProgress,
  type TokenSplit,
} from "./lib/dataset/tokenize.ts";
export type { AddedToken, BpeModelJson, Tokenizer, TokenizerJson } from "./lib/tokenizer/tokenizer.ts";
export { parseTokenizer } from "./lib/tokenizer/tokenizer_file.ts";
export { type PipelineOptions, trainFromFiles } from "./lib/training/pipeline.ts";
export type { Resume } from "./lib/training/run_folder.ts";
export type { TrainOptions, TrainOutcome } from "./lib/training/train.ts";
export type { TrainEvent, TrainProgress } from "./lib/training/train_events.ts";
export {
  type GenerateEvent,
  generateFromCheckpoint,
  type GenerateOptions,
} from "./lib/inference/generate.ts";
export {
  evaluateCheckpoint,
  type EvaluateEvent,
  type EvaluateOptions,
  type Evaluation,
  type Measurement,
} from "./lib/evaluation/evaluate.ts";
export type { GenerateStats } from "./lib/inference/generator.ts";
export {
  type Checkpoint,
  listCheckpoints,
  loadCheckpoint,
  type LoadOptions,
  type NamedTensor,
} from "./lib/checkpoint/checkpoint.ts";
export type { StoredTensor } from "./lib/checkpoint/safetensors.ts";
export { drawPlots, type PlotOptions } from "./lib/monitor/plots.ts";
export { VERSION } from "./lib/version.ts";
