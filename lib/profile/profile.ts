// What `sheepop profile` measures, as plain data: what the adapter reaches at best, and where the time of a
// training step and of a decoded token goes, for the model that a configuration describes.

import { GpuBackend } from "../../kernels/program/gpu_backend.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { type ModelShape, modelShape } from "../model/gpt_parameters.ts";
import { openBackend } from "../model/open_backend.ts";
import { initializeModel, openModel } from "../model/open_model.ts";
import { Trainer } from "../training/trainer.ts";
import { type Ceilings, measureCeilings } from "./ceilings.ts";
import { profileDecoding } from "./profile_decoding.ts";
import { type OnProgress, type PartProfile, profileTraining, syntheticBatches } from "./profile_training.ts";

/** What to profile and how thoroughly. */
export interface ProfileRequest {
  /** Profiles only this; both where left out. */
  readonly only?: "step" | "token";
  /** How often every dispatch is timed. */
  readonly rounds: number;
  /** Whole steps, and runs of tokens, timed without instruments. */
  readonly steps: number;
  readonly onEvent?: (event: ProfileEvent) => void;
}

/** How far it is, for people. */
export type ProfileEvent = { readonly kind: "progress"; readonly text: string };

/** Everything that was measured. */
export interface Profile {
  readonly adapter: string;
  /** Kernels the adapter gets. */
  readonly kernels: string;
  /** How dispatches are timed: `waiting` for each, or by `timestamps` of the device. */
  readonly timing: "waiting" | "timestamps";
  readonly shape: ModelShape;
  readonly batchSize: number;
  readonly microSteps: number;
  /** Elements of all parameters. */
  readonly parameters: number;
  readonly ceilings: Ceilings;
  readonly step: PartProfile | undefined;
  readonly token: PartProfile | undefined;
}

/**
 * Profiles a model on the adapter of `config.resources`; tokens are made up, and nothing is written anywhere.
 *
 * @param config `model`, whose `vocabSize` 0 stands for 256, `training`, `generate` and `resources`
 * @throws {UsageError} when no adapter answers
 */
export async function profileModel(config: Config, request: ProfileRequest): Promise<Profile> {
  const onProgress: OnProgress = (text) => request.onEvent?.({ kind: "progress", text });
  onProgress("Measuring what the adapter reaches at best");
  const before = await ceilingsOf(config.resources);
  const measured = await measureModel(config, request, onProgress);
  onProgress("Measuring once more what the adapter reaches at best");
  return { ...measured, ceilings: bestOf(before, await ceilingsOf(config.resources)) };
}

async function measureModel(
  config: Config,
  { only, rounds, steps }: ProfileRequest,
  onProgress: OnProgress,
): Promise<Omit<Profile, "ceilings">> {
  await using gpu = await openGpu(config.resources);
  onProgress("Preparing the model");
  // Speed depends on the model's shape, not on its weights: none are loaded.
  const shape = modelShape(config.model, config.model.vocabSize || VOCAB_SIZE);
  const gpt = openModel(gpu, shape, { trainable: true });
  const { batchSize, gradientAccumulationSteps: microSteps, seed } = config.training;
  initializeModel(gpu, gpt, seed);
  let step: PartProfile | undefined;
  if (only !== "token") {
    const trainer = new Trainer(gpu, gpt, config);
    const batches = syntheticBatches(shape.vocabSize);
    step = await profileTraining(gpu, trainer, { batches, microSteps, rounds, steps, onProgress });
  }
  let token: PartProfile | undefined;
  if (only !== "step") {
    token = await profileDecoding(gpu, gpt, { generate: config.generate, rounds, runs: steps, onProgress });
  }
  const { isSoftware, hasTimestamps } = gpu.device.traits;
  return {
    adapter: gpu.description,
    kernels: gpu.family,
    timing: hasTimestamps && !isSoftware ? "timestamps" : "waiting",
    shape,
    batchSize,
    microSteps,
    parameters: gpt.table.count,
    step,
    token,
  };
}

/** Characters of a small text, where the configuration leaves the vocabulary to the data. */
const VOCAB_SIZE = 256;

/** Measured with a device of its own, whose large buffers go with it. */
async function ceilingsOf(resources: Config["resources"]): Promise<Ceilings> {
  await using gpu = await openGpu(resources);
  return await measureCeilings(gpu);
}

/** A machine that was busy with other things at one of two times shows what it can at the other. */
function bestOf(a: Ceilings, b: Ceilings): Ceilings {
  return {
    gflops: Math.max(a.gflops, b.gflops),
    f16Gflops: a.f16Gflops === undefined ? undefined : Math.max(a.f16Gflops, b.f16Gflops ?? 0),
    gbPerSecond: Math.max(a.gbPerSecond, b.gbPerSecond),
  };
}

async function openGpu(resources: Config["resources"]): Promise<GpuBackend> {
  const backend = await openBackend(resources);
  if (backend instanceof GpuBackend) return backend;
  throw new UsageError("Cannot profile the reference: it has no kernels, use --device auto");
}
