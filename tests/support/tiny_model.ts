// A model of a few thousand parameters with its trainer, and batches made up on the spot, for tests that train.

import type { Backend } from "../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { type Config, defaultConfig } from "../../lib/config/config.ts";
import type { Gpt } from "../../lib/model/gpt.ts";
import { modelShape } from "../../lib/model/gpt_parameters.ts";
import { initializeModel, openModel, readWeights } from "../../lib/model/open_model.ts";
import { type BatchSource, type StepResult, Trainer } from "../../lib/training/trainer.ts";
import { openTestGpu } from "./gpu.ts";
import { randomIntegers } from "./operation_checks.ts";

export interface TinyChanges {
  readonly model?: Partial<Config["model"]>;
  readonly training?: Partial<Config["training"]>;
}

export interface TinyRun {
  readonly backend: Backend;
  readonly gpt: Gpt;
  readonly trainer: Trainer;
}

/** Two blocks of width 16 over 8 positions, micro-batches of 2, constant learning rate without warm-up. */
export function tinyConfig(changes: TinyChanges = {}): Config {
  const config = defaultConfig();
  Object.assign(config.model, { dModel: 16, numLayers: 2, numHeads: 2, maxSeqLen: 8, ...changes.model });
  Object.assign(config.training, {
    batchSize: 2,
    warmupSteps: 0,
    schedule: "constant",
    maxSteps: 1000,
    ...changes.training,
  });
  return config;
}

/** The GPU, or the reference where there is none. */
export async function openTestBackend(): Promise<Backend> {
  return await openTestGpu() ?? openReferenceBackend();
}

/** A trainer over freshly initialised weights. */
export function openTinyRun(backend: Backend, config: Config, vocabSize: number): TinyRun {
  const gpt = openModel(backend, modelShape(config.model, vocabSize), { trainable: true });
  const trainer = new Trainer(backend, gpt, config);
  initializeModel(backend, gpt, config.training.seed);
  return { backend, gpt, trainer };
}

/** Makes `count` updates. */
export async function makeSteps(
  trainer: Trainer,
  batches: BatchSource,
  count: number,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (let step = 0; step < count; step++) {
    trainer.queueStep(batches);
    if (trainer.ringIsFull) results.push(...await trainer.drain());
  }
  return [...results, ...await trainer.drain()];
}

/** All weights, by name. */
export async function weightsOf({ backend, gpt }: TinyRun): Promise<Map<string, Float32Array>> {
  const weights = await readWeights(backend, gpt);
  return new Map(weights.map(({ name, data }) => [name, data as Float32Array]));
}

/**
 * Batches of sequences that are a function of their number in the run, however they are cut into micro-batches.
 *
 * @param sequence T + 1 ids of sequence `sample`
 */
export function sampleBatches(config: Config, sequence: (sample: number) => ArrayLike<number>): BatchSource {
  const { batchSize: B } = config.training;
  const { maxSeqLen: T } = config.model;
  const fill = (first: number, tokens: Uint32Array, targets: Uint32Array) => {
    for (let b = 0; b < B; b++) {
      const ids = Array.from(sequence(first + b));
      tokens.set(ids.slice(0, T), b * T);
      targets.set(ids.slice(1), b * T);
    }
  };
  return {
    trainingBatch: (microStep, tokens, targets) => fill(microStep * B, tokens, targets),
    evaluationBatches: 8,
    evaluationBatch(index, tokens, targets): number {
      fill(index * B, tokens, targets);
      return tokens.length;
    },
  };
}

/** Uniform ids below `vocabSize`, other ones in each sequence. */
export function randomBatches(config: Config, vocabSize: number): BatchSource {
  return sampleBatches(
    config,
    (sample) => randomIntegers(config.model.maxSeqLen + 1, 100 + sample, vocabSize),
  );
}
