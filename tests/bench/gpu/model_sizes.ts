// The models that are trained and decoded, each with the size a software adapter gets through in seconds. PyTorch is
// given the same ones.

import type { SpecSize } from "../../support/gpt_spec.ts";

export interface ModelSizes {
  readonly full: SpecSize;
  readonly small: SpecSize;
}

/** GPT-2 as published, the model of a published WebGPU trainer's figure, and the small model of `deno task bench`. */
export const MODELS = {
  gpt2_124m: {
    full: { L: 12, H: 12, C: 768, T: 1024, B: 8, V: 50257 },
    small: { L: 2, H: 2, C: 64, T: 64, B: 2, V: 257 },
  },
  distilgpt2_81m: {
    full: { L: 6, H: 12, C: 768, T: 512, B: 1, V: 50257 },
    small: { L: 1, H: 2, C: 64, T: 64, B: 1, V: 257 },
  },
  small_3m: {
    full: { L: 4, H: 4, C: 256, T: 256, B: 8, V: 256 },
    small: { L: 2, H: 4, C: 64, T: 32, B: 8, V: 65 },
  },
} as const satisfies Record<string, ModelSizes>;

export type ModelName = keyof typeof MODELS;
