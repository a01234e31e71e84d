// MinHash signatures: equal places of two signatures estimate how much of their texts is alike (the Jaccard similarity of
// their shingles of five words; of five characters in scripts that write no spaces). One permutation hashing deals the
// shingles to as many bins as there are places and keeps the smallest of each, one hash a shingle instead of 128: Li, Owen
// and Zhang 2012, https://arxiv.org/abs/1208.1259. Empty bins borrow from a bin that both texts choose alike: Shrivastava
// 2017, https://arxiv.org/abs/1703.04664.

import { mix, wordHashes } from "./_word_hashes.ts";

/** Places of a signature. */
export const SIGNATURE_LENGTH = 128;

const SHINGLE = 5;
/** Shorter texts are too easily alike. */
const MIN_SHINGLES = 20;
const EMPTY = 0xffffffff;
const BIN_SHIFT = 32 - Math.log2(SIGNATURE_LENGTH);
// odd, so that it only reorders the hashes: the 32-bit golden ratio
const SPREAD = 0x9e3779b1 | 0;

/**
 * Computes the signature of a text.
 *
 * @param text - a finished document
 * @returns 128 words, or null for fewer than 20 shingles
 *
 * @see https://arxiv.org/abs/1208.1259
 */
export function minhash(text: string): Uint32Array<ArrayBuffer> | null {
  const words = wordHashes(text);
  if (words.length - SHINGLE + 1 < MIN_SHINGLES) return null;
  const mins = new Uint32Array(SIGNATURE_LENGTH).fill(EMPTY);
  for (let at = 0; at + SHINGLE <= words.length; at++) {
    const sum = words[at] + Math.imul(words[at + 1], 3) + Math.imul(words[at + 2], 5) +
      Math.imul(words[at + 3], 9) + Math.imul(words[at + 4], 17);
    const hash = mix(sum | 0);
    const bin = hash >>> BIN_SHIFT;
    const value = Math.imul(hash, SPREAD) >>> 0;
    if (value < mins[bin]) mins[bin] = value;
  }
  fillEmpty(mins);
  return mins;
}

/**
 * Share of equal places: estimates the Jaccard similarity with a standard error of at most 0.045.
 *
 * @param a - a signature
 * @param b - another
 */
export function estimateSimilarity(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let at = 0; at < SIGNATURE_LENGTH; at++) if (a[at] === b[at]) equal++;
  return equal / SIGNATURE_LENGTH;
}

/** Optimal densification: an empty bin tries bins in an order of its own until one is not empty. */
function fillEmpty(mins: Uint32Array): void {
  const filled = mins.slice();
  for (let bin = 0; bin < SIGNATURE_LENGTH; bin++) {
    for (let attempt = 1; mins[bin] === EMPTY; attempt++) {
      mins[bin] = filled[mix(Math.imul(bin + 1, SPREAD) + attempt | 0) >>> BIN_SHIFT];
    }
  }
}
