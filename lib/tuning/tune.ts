// Finds out which variants of kernels are the fastest for a model on this adapter, and remembers it. Which products the
// model makes is read off its own programs, lowered for the adapter without being run.

import { GpuBackend } from "../../kernels/program/gpu_backend.ts";
import { openSurveyBackend } from "../../kernels/program/survey_backend.ts";
import type { VariantChoice } from "../../kernels/program/lowering.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { tokenize } from "../dataset/tokenize.ts";
import { Decoder } from "../inference/decoder.ts";
import { ingest } from "../ingest/ingest.ts";
import { modelShape } from "../model/gpt_parameters.ts";
import { openBackend } from "../model/open_backend.ts";
import { openModel } from "../model/open_model.ts";
import { compileTraining } from "../training/training_programs.ts";
import { fastestVariant, measureOn, type MeasureVariants } from "./time_variants.ts";
import { type TunedSubject, tuningPath, writeTuning } from "./tuning_file.ts";

export type TuneEvent =
  | { readonly kind: "opened"; readonly device: string; readonly subjects: number }
  | { readonly kind: "measured"; readonly subject: string; readonly result: TunedSubject };

export interface TuneOptions {
  readonly onEvent?: (event: TuneEvent) => void;
  readonly shouldStop?: () => boolean;
  /** Times a choice in place of the GPU, for tests. */
  readonly measure?: MeasureVariants;
}

/** What became of it. */
export interface TuneOutcome {
  readonly path: string;
  /** Products measured; fewer than there are when it was stopped. */
  readonly measured: number;
}

/** Rounds of a measurement, of which the best counts. Software adapters wait 20 ms for each dispatch. */
const ROUNDS = { hardware: 7, software: 5 };

/**
 * Measures every choice that training and generating with the configured model lead to, and adds them to the file.
 *
 * @throws {UsageError} when there is no GPU to measure, or no place to remember
 */
export async function tuneModel(config: Config, options: TuneOptions = {}): Promise<TuneOutcome> {
  const { onEvent = () => {}, shouldStop = () => false } = options;
  const { resources } = config;
  const vocabSize = await vocabularyOf(config);
  const wanted: { variant: string | undefined } = { variant: undefined };
  await using backend = await openBackend({ ...resources, tuning: "off" }, {
    chooseVariant: () => wanted.variant,
  });
  if (!(backend instanceof GpuBackend)) {
    throw new UsageError(`Cannot tune ${backend.description}: only GPUs have variants, use --device auto`);
  }
  const { traits } = backend.device;
  const path = pathOf(resources.tuning, traits);
  const choices = choicesOf(config, { vocabSize, backend });
  onEvent({ kind: "opened", device: backend.description, subjects: choices.length });
  const measure = options.measure ?? measureOn(backend, wanted);
  const rounds = traits.isSoftware ? ROUNDS.software : ROUNDS.hardware;
  const subjects: Record<string, TunedSubject> = {};
  for (const choice of choices) {
    if (shouldStop()) break;
    const result = await fastestVariant(choice, { measure, rounds });
    subjects[choice.subject] = result;
    onEvent({ kind: "measured", subject: choice.subject, result });
  }
  await writeTuning(path, traits, subjects);
  return { path, measured: Object.keys(subjects).length };
}

function pathOf(setting: string, traits: GpuBackend["device"]["traits"]): string {
  const path = tuningPath(setting, traits);
  if (path !== undefined) return path;
  if (setting === "off") {
    throw new UsageError("Cannot tune with resources.tuning = off: set it to auto or to the path of a file");
  }
  throw new UsageError("Cannot tune: neither HOME nor XDG_CACHE_HOME is set, give a file with --tuning");
}

/** The vocabulary that training would find, read from the same data in the same way. */
async function vocabularyOf(config: Config): Promise<number> {
  if (config.model.vocabSize > 0) return config.model.vocabSize;
  return (await tokenize(config, await ingest(config))).info.vocabSize;
}

/** Choices of the programs of training and generating, the one with most work first. */
function choicesOf(config: Config, options: { vocabSize: number; backend: GpuBackend }): VariantChoice[] {
  const { vocabSize, backend } = options;
  const { kernels, operands } = config.resources;
  const survey = openSurveyBackend({ traits: backend.device.traits, kernels, operands });
  const gpt = openModel(survey, modelShape(config.model, vocabSize), { trainable: true });
  compileTraining(survey, gpt, config);
  new Decoder(survey, gpt);
  return [...survey.choices.values()].sort((a, b) => b.flops - a.flops);
}
