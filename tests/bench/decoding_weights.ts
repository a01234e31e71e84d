// Weights to decode with: first values under which blocks outweigh the embedding. With those of training a model repeats
// the token it was given, and every decoder would seem right.

import type { NamedWeights } from "../../lib/model/open_model.ts";
import { type SpecSize, specWeights } from "../support/gpt_spec.ts";

const BLOCK_SCALE = 20;

export function decodingWeights(size: SpecSize): NamedWeights[] {
  return specWeights(size).map((weight) => {
    const scale = weight.name.startsWith("h.") && weight.shape.length === 2 ? BLOCK_SCALE : 1;
    return { ...weight, data: (weight.data as Float32Array).map((value) => value * scale) };
  });
}
