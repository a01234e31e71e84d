// A GPT-2-style model, initialisation and data that two independent frameworks (jax-js on WebGPU and tfjs) were run on;
// their loss sequences are the oracle of tests/lib/training/oracle_test.ts. Initial values come from xorshift32, the data
// is the learnable sequence x' = (5 x + 17 + noise) mod V.

import { type Config, defaultConfig } from "../../lib/config/config.ts";
import { gptParameters, type ModelShape, modelShape } from "../../lib/model/gpt_parameters.ts";
import type { NamedWeights } from "../../lib/model/open_model.ts";
import type { BatchSource } from "../../lib/training/trainer.ts";

export interface SpecSize {
  readonly L: number;
  readonly H: number;
  readonly C: number;
  readonly T: number;
  readonly B: number;
  readonly V: number;
}

/** AdamW with betas 0.9 and 0.95, weight decay 0.1 on matrices, constant rate 1e-3, no clipping. */
export function specConfig({ L, H, C, T, B }: SpecSize): Config {
  const config = defaultConfig();
  Object.assign(config.model, { dModel: C, numLayers: L, numHeads: H, maxSeqLen: T });
  Object.assign(config.training, {
    batchSize: B,
    learningRate: 1e-3,
    schedule: "constant",
    warmupSteps: 0,
    weightDecay: 0.1,
    maxGradNorm: 0,
    maxSteps: 1000,
  });
  return config;
}

export function specShape(size: SpecSize): ModelShape {
  return modelShape(specConfig(size).model, size.V);
}

/** Parameter i, in order of use, is uniform with its standard deviation from seed 1000 + 7919 i. */
export function specWeights(size: SpecSize): NamedWeights[] {
  return gptParameters(specShape(size)).map(({ name, shape, init }, index) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (init.kind === "ones") data.fill(1);
    if (init.kind === "normal") {
      const random = xorshift(1000 + index * 7919);
      const scale = init.std * Math.sqrt(12);
      for (let i = 0; i < data.length; i++) data[i] = random() * scale;
    }
    return { name, shape, data };
  });
}

export function specBatches({ B, T, V }: SpecSize): BatchSource {
  return {
    trainingBatch(step: number, tokens: Uint32Array, targets: Uint32Array): void {
      const random = xorshift(12345 + step * 977);
      for (let b = 0; b < B; b++) {
        let token = Math.floor((random() + 0.5) * V);
        for (let t = 0; t < T; t++) {
          tokens[b * T + t] = token;
          token = (5 * token + 17 + (random() > 0.3 ? 1 : 0)) % V;
          targets[b * T + t] = token;
        }
      }
    },
    evaluationBatches: 0,
    evaluationBatch: () => 0,
  };
}

/** Uniform in [-0.5, 0.5). */
function xorshift(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x / 4294967296 - 0.5;
  };
}
