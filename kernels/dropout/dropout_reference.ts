// The specification of kernels/dropout: y[i] = x[i] / (1 - p) where the random number of element i is at
// least p, else 0.

import { type RandomCounter, randomUnit } from "../snippets/random.ts";

export function dropoutReference(
  tensors: { x: Float64Array; y: Float64Array },
  options: {
    probability: number;
    elementsPerSample: number;
    /** Counter of the first element of the tensor. */
    counter: Omit<RandomCounter, "element">;
    accumulate: boolean;
  },
): void {
  const { x, y } = tensors;
  const { probability, elementsPerSample, counter, accumulate } = options;
  // Rounded to f32, so that reference and GPU compare with the same number.
  const threshold = Math.fround(probability);
  for (let i = 0; i < x.length; i++) {
    const sample = (counter.sample + Math.floor(i / elementsPerSample)) >>> 0;
    const unit = randomUnit({ ...counter, sample, element: i % elementsPerSample });
    const kept = unit >= threshold ? x[i] / (1 - probability) : 0;
    y[i] = accumulate ? y[i] + kept : kept;
  }
}
