// A matrix of 8-bit or 4-bit integers with a scale for every group of 32 of them along K, the dimension a product sums
// over: w[k, n] = q[k, n] scale[k / 32, n]. Weights of one column are of one size, so a scale for few of them loses little;
// 32 a group is what llama.cpp's Q8_0 and Q4_0 have too, and makes 8.5 and 4.5 bits a weight with a scale of 16 bits.
// A scale is the upper half of an f32 (bfloat16): it has the range of f32, so no weight is too small for it.
//
// Packed for kernels that take 32 columns at a time, so that these read memory from one end to the other. A word holds
// 32 / bits successive k of one column. A texel is the words of four columns, a quad; eight quads are a strip, a row of
// `packed`. Along a strip, for each block of 64 k: 2 bits lines of eight texels with the numbers, then a line with the
// scales, those of the first 32 k in words 0 and 1, those of the others in 2 and 3, two columns a word.

import { createTensor, type Tensor } from "../program/tensor.ts";

/** Bits of a quantised number. */
export type QuantizedBits = 8 | 4;

export interface QuantizedMatrix {
  /** u32, [strips, words of a strip]. */
  readonly packed: Tensor;
  readonly bits: QuantizedBits;
  /** Rows: the dimension a product sums over. */
  readonly K: number;
  /** Columns: values a product gives. */
  readonly N: number;
}

/** Successive k that share a scale. */
export const GROUP = 32;
/** Columns of a strip. */
export const STRIP = 32;
/** Successive k whose scales share a line. */
const BLOCK = 64;
const LINE_WORDS = 32;

type Size = Pick<QuantizedMatrix, "bits" | "K" | "N">;

/** Makes the tensor; backend.write() fills it with what quantizeMatrix() returns. */
export function createQuantizedMatrix(name: string, size: Size): QuantizedMatrix {
  const shape = [Math.ceil(size.N / STRIP), stripWords(size)];
  return {
    ...size,
    packed: createTensor(name, shape, {
      dtype: "u32",
      lifetime: "persistent",
      isPacked: true,
    }),
  };
}

/** Whether an operand that may be either is quantised. */
export function isQuantized(weight: Tensor | QuantizedMatrix): weight is QuantizedMatrix {
  return "packed" in weight;
}

/** Bytes on the device. */
export function quantizedBytes(size: Size): number {
  return Math.ceil(size.N / STRIP) * stripWords(size) * 4;
}

/** Bits and sizes of a matrix as attributes of a call, and back. */
export function quantizedAttributes({ bits, K, N }: Size): Record<"bits" | "K" | "N", number> {
  return { bits, K, N };
}

export function quantizedFrom(
  packed: Tensor,
  attributes: Readonly<Record<string, unknown>>,
): QuantizedMatrix {
  const { bits, K, N } = attributes as unknown as Size;
  return { packed, bits, K, N };
}

function stripWords({ bits, K }: Size): number {
  return Math.ceil(K / BLOCK) * (2 * bits + 1) * LINE_WORDS;
}

/**
 * Rounds weights to integers.
 *
 * @param weights [K, N], or [N, K] with `transposed`
 * @returns words of `packed`
 * @throws {RangeError} when a weight is not finite
 */
export function quantizeMatrix(
  weights: ArrayLike<number>,
  size: Size & { readonly transposed?: boolean },
): Uint32Array {
  const { bits, K, N, transposed = false } = size;
  const words = new Uint32Array(quantizedBytes(size) / 4);
  const [alongK, alongN] = transposed ? [1, K] : [N, 1];
  const group = new Float64Array(GROUP);
  for (let first = 0; first < N; first += STRIP) {
    for (let k = 0; k < K; k += GROUP) {
      const count = Math.min(GROUP, K - k);
      for (let n = first; n < Math.min(N, first + STRIP); n++) {
        for (let i = 0; i < count; i++) group[i] = weights[(k + i) * alongK + n * alongN];
        group.fill(0, count);
        const scaleBits = scaleOf(group, bits);
        const { word, shift } = scaleAt(size, k, n);
        words[word] |= scaleBits << shift;
        if (scaleBits !== 0) packGroup(words, group, { bits, scaleBits, word: numberAt(size, k, n).word });
      }
    }
  }
  return words;
}

/** Fills the words of one group, the first of them at `word`: a line each, with 32 / bits numbers. */
function packGroup(
  words: Uint32Array,
  group: Float64Array,
  { bits, scaleBits, word }: { bits: QuantizedBits; scaleBits: number; word: number },
): void {
  const scale = scaleFromBits(scaleBits);
  const half = 2 ** (bits - 1);
  const mask = 2 * half - 1;
  let i = 0;
  for (let line = 0; line < bits; line++) {
    let packed = 0;
    for (let shift = 0; shift < 32; shift += bits) {
      const q = Math.min(half - 1, Math.max(-half, Math.round(group[i++] / scale)));
      packed |= (q & mask) << shift;
    }
    words[word + line * LINE_WORDS] = packed;
  }
}

/**
 * The smallest scale with which no number is further than half a step from its weight. There is one more number below
 * zero than above: the scale has the sign that puts the largest weight there.
 */
function scaleOf(values: Float64Array, bits: QuantizedBits): number {
  let highest = 0;
  let lowest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      throw new RangeError(`Cannot quantize ${value}: every weight must be finite`);
    }
    if (value > highest) highest = value;
    if (value < lowest) lowest = value;
  }
  const larger = Math.max(highest, -lowest);
  const smaller = Math.min(highest, -lowest);
  if (larger === 0) return 0;
  const half = 2 ** (bits - 1);
  const step = Math.max(larger / half, smaller / (half - 0.5));
  return roundUpScale(step) | (highest > -lowest ? 0x8000 : 0);
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);
/** Smallest f32 that no device takes for zero. */
const SMALLEST_STEP = 2 ** -126;

/** The upper half of the next f32 whose lower half is zero. */
function roundUpScale(step: number): number {
  const wanted = Math.max(step, SMALLEST_STEP);
  float[0] = wanted;
  const upper = floatBits[0] >>> 16;
  return scaleFromBits(upper) < wanted ? upper + 1 : upper;
}

function scaleFromBits(upper: number): number {
  floatBits[0] = upper << 16;
  return float[0];
}

/** Where the number of row k and column n is; the following k of its group are in the words a line apart. */
function numberAt(size: Size, k: number, n: number): { word: number; shift: number } {
  const { bits } = size;
  const perWord = 32 / bits;
  const half = Math.floor(k / GROUP) % 2;
  const line = Math.floor(k / BLOCK) * (2 * bits + 1) + half * bits + Math.floor(k % GROUP / perWord);
  return {
    word: Math.floor(n / STRIP) * stripWords(size) + line * LINE_WORDS + n % STRIP,
    shift: k % perWord * bits,
  };
}

/** Where the scale of row k and column n is. */
function scaleAt(size: Size, k: number, n: number): { word: number; shift: number } {
  const { bits } = size;
  const half = Math.floor(k / GROUP) % 2;
  const line = Math.floor(k / BLOCK) * (2 * bits + 1) + 2 * bits;
  const column = n % STRIP;
  const word = Math.floor(n / STRIP) * stripWords(size) + line * LINE_WORDS + (column & ~3) + half * 2;
  return { word: word + (column >> 1 & 1), shift: (column & 1) * 16 };
}

/** One weight as the kernels see it: exact in f32. */
export function quantizedValue(words: Uint32Array, size: Size, k: number, n: number): number {
  const number = numberAt(size, k, n);
  const scale = scaleAt(size, k, n);
  const q = words[number.word] << (32 - size.bits - number.shift) >> (32 - size.bits);
  return q * quantizedScale(words, scale);
}

/** The scale of row k and column n. */
export function scaleValue(words: Uint32Array, size: Size, k: number, n: number): number {
  return quantizedScale(words, scaleAt(size, k, n));
}

function quantizedScale(words: Uint32Array, { word, shift }: { word: number; shift: number }): number {
  return scaleFromBits(words[word] >>> shift & 0xffff);
}

/** All weights, [K, N] or with `transposed` [N, K]. */
export function dequantizeMatrix(
  words: Uint32Array,
  size: Size,
  options: { transposed?: boolean } = {},
): Float64Array {
  const { K, N } = size;
  const values = new Float64Array(K * N);
  for (let k = 0; k < K; k++) {
    for (let n = 0; n < N; n++) {
      values[options.transposed ? n * K + k : k * N + n] = quantizedValue(words, size, k, n);
    }
  }
  return values;
}
