/**
 * sheepop turns a folder of files into a language model you own, on any GPU, with no Python.
 *
 * This is the library behind the command line. {@linkcode trainFromFiles} goes all the way from files to a trained model;
 * {@linkcode generateFromCheckpoint} writes text with it. Everything is configured by one {@linkcode Config}.
 *
 * @module
 */

export { EXIT_STATUS, UsageError } from "./lib/common/errors.ts";
export { type Config, defaultConfig, validateConfig } from "./lib/config/config.ts";
export { ingest, type TextDataset } from "./lib/ingest/ingest.ts";
export { type TokenDataset, tokenize } from "./lib/dataset/tokenize.ts";
export { type Tokenizer } from "./lib/tokenizer/tokenizer.ts";
export { parseTokenizer } from "./lib/tokenizer/tokenizer_file.ts";
export { type PipelineOptions, trainFromFiles } from "./lib/training/pipeline.ts";
export { type TrainEvent } from "./lib/training/train_events.ts";
export { type GenerateEvent, generateFromCheckpoint, type GenerateOptions } from "./lib/inference/generate.ts";
export { type Checkpoint, listCheckpoints, loadCheckpoint } from "./lib/checkpoint/checkpoint.ts";
export { drawPlots } from "./lib/monitor/plots.ts";
export { VERSION } from "./lib/version.ts";
