// The specification of kernels/sampling, by sorting.

import { randomUnit } from "../snippets/random.ts";
import { type SamplingControl, unpackSamplingControl } from "./sampling_control.ts";

/** Call site of the random numbers, position of rows that are padding, and the range logits are clamped to. */
const SITE = 0;
const PADDING = 0xffffffff;
const LIMIT = Math.fround(1.7e38);

export function samplingReference(
  tensors: {
    logits: Float64Array;
    control: Uint32Array;
    tokens: Uint32Array;
    positions: Uint32Array;
    ring: Uint32Array;
  },
  sizes: { vocabSize: number; pitch: number; ringColumns: number },
): void {
  const { tokens, positions, ring } = tensors;
  const { vocabSize, pitch, ringColumns } = sizes;
  for (let i = 0; i < tokens.length; i++) {
    if (positions[i] === PADDING) continue;
    positions[i]++;
    const control = unpackSamplingControl(tensors.control, i);
    const { seed, stream } = control;
    const u = randomUnit({ seed, step: positions[i], site: SITE, sample: stream, element: 0 });
    const logits = tensors.logits.subarray(i * pitch, i * pitch + vocabSize);
    tokens[i] = draw(tokenWeights(logits, control), control.temperature === 0 ? 0 : u);
    const row = ring.subarray(i * ringColumns, (i + 1) * ringColumns);
    row[1 + row[0] % (ringColumns - 1)] = tokens[i];
    row[0]++;
  }
}

/**
 * What each token is drawn in proportion to: 0 for those that top-k or top-p leave out. At temperature 0 the tokens of
 * the highest logit have 1.
 */
export function tokenWeights(logits: Float64Array, control: SamplingControl): Float64Array {
  const { temperature, topK, topP } = control;
  const clamped = logits.map((value) =>
    Number.isNaN(value) ? -LIMIT : Math.min(LIMIT, Math.max(-LIMIT, value))
  );
  const descending = clamped.slice().sort((a, b) => b - a);
  const highest = descending[0];
  if (temperature === 0) return clamped.map((value) => value === highest ? 1 : 0);
  const weightOf = (value: number) => Math.exp((value - highest) / temperature);
  const kth = topK > 0 && topK < clamped.length ? descending[topK - 1] : -LIMIT;
  let threshold = kth;
  if (topP < 1) {
    const kept = descending.filter((value) => value >= kth);
    const wanted = topP * kept.reduce((sum, value) => sum + weightOf(value), 0);
    let sum = 0;
    for (const value of kept) {
      sum += weightOf(value);
      threshold = value;
      if (sum >= wanted) break;
    }
  }
  return clamped.map((value) => value >= threshold ? weightOf(value) : 0);
}

/** The first token at which the running sum of weights exceeds the fraction `u` of all of them. */
function draw(weights: Float64Array, u: number): number {
  const wanted = u * weights.reduce((a, b) => a + b, 0);
  let sum = 0;
  let last = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] === 0) continue;
    sum += weights[token];
    last = token;
    if (sum > wanted) break;
  }
  return last;
}
