// The model that is measured: the shape and first values of tests/support/gpt_spec.ts, opened for training on a backend.

import type { GpuBackend } from "../../kernels/program/gpu_backend.ts";
import { loadWeights, openModel } from "../../lib/model/open_model.ts";
import { Trainer } from "../../lib/training/trainer.ts";
import { specConfig, specShape, type SpecSize, specWeights } from "../support/gpt_spec.ts";

/** @param weights made before the clock starts, where set-up is timed */
export function openTrainer(gpu: GpuBackend, size: SpecSize, weights = specWeights(size)): Trainer {
  const gpt = openModel(gpu, specShape(size), { trainable: true });
  const trainer = new Trainer(gpu, gpt, specConfig(size));
  loadWeights(gpu, gpt, weights);
  return trainer;
}

/** A size in words, as titles have it. */
export function sizeText({ L, H, C, T, B, V }: SpecSize, options: { withBatch: boolean }): string {
  return `${L}L/${H}H/C${C}/T${T}${options.withBatch ? `/B${B}` : ""}/V${V}`;
}
