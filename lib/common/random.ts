// Random numbers without state: each is a function of (seed, stream, index), so any part of a sequence can be
// drawn again, in any order, by any worker. The generator is Philox4x32-10 of Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), https://doi.org/10.1145/2063384.2063405

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const PERMUTE_ROUNDS = 4;

/** Names one endless sequence of random numbers. */
export interface RandomStream {
  /** Seed of the run, an integer of at least 0. */
  readonly seed: number;
  /** What the numbers are for; two streams of one seed are unrelated. Integer 0..2^32-1. */
  readonly stream: number;
}

/** Four words of 32 bits. A plain array: making a typed one costs more than the ten rounds. */
export type Words = readonly [number, number, number, number];

/**
 * One block of Philox4x32-10.
 *
 * @param counter - 4 words
 * @param key - 2 words
 * @returns 4 words, each uniform over 0..2^32-1
 */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>): Words {
  let c0 = counter[0] | 0, c1 = counter[1] | 0, c2 = counter[2] | 0, c3 = counter[3] | 0;
  let k0 = key[0] | 0, k1 = key[1] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0), low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2), low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = k0 + WEYL_0 | 0;
    k1 = k1 + WEYL_1 | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The `index`-th number of a stream, an integer uniform over 0..2^32-1; four share a Philox block. */
export function randomU32(stream: RandomStream, index: number): number {
  return block(stream, Math.floor(index / 4))[index % 4];
}

/** The `index`-th number of a stream as a fraction in [0, 1), a multiple of 2^-24 and so exact in f32. */
export function randomUnit(stream: RandomStream, index: number): number {
  return (randomU32(stream, index) >>> 8) / 0x1000000;
}

/** The `index`-th number of a stream with mean 0 and standard deviation 1, by Box and Muller. */
export function randomGaussian(stream: RandomStream, index: number): number {
  const words = block(stream, Math.floor(index / 4));
  const lane = index % 4;
  return gaussian(words, lane);
}

/**
 * Fills `out` with normally distributed numbers: `out[i]` is `std * randomGaussian(stream, i)` in f32.
 *
 * @param options.std - standard deviation, 1 by default
 */
export function fillGaussian(
  out: Float32Array,
  options: RandomStream & { readonly std?: number },
): void {
  const std = options.std ?? 1;
  const key = keyOf(options.seed);
  for (let start = 0; start < out.length; start += 4) {
    const words = philox(counterOf(options, start / 4), key);
    const end = Math.min(4, out.length - start);
    for (let lane = 0; lane < end; lane++) out[start + lane] = std * gaussian(words, lane);
  }
}

/**
 * Where a keyed shuffle of 0..size-1 puts `index`, without making the list: a Feistel network over the next
 * power of four, repeated until the result falls inside.
 *
 * @param index - integer 0..size-1
 * @param options.size - length of the shuffled list, at most 2^48
 * @returns integer 0..size-1; distinct for distinct indices
 * @throws {RangeError} when `index` is not inside
 */
export function permute(index: number, options: RandomStream & { readonly size: number }): number {
  const { size } = options;
  if (!(Number.isInteger(index) && index >= 0 && index < size && size <= 2 ** 48)) {
    throw new RangeError(`Cannot permute index ${index}: it must be an integer from 0 to ${size - 1}`);
  }
  let halfBits = 1;
  while (4 ** halfBits < size) halfBits++;
  const half = 2 ** halfBits;
  let value = index;
  do {
    let left = Math.floor(value / half), right = value % half;
    for (let round = 0; round < PERMUTE_ROUNDS; round++) {
      const mixed = philox([right, round, options.stream, 1], keyOf(options.seed))[0] % half;
      [left, right] = [right, (left ^ mixed) >>> 0];
    }
    value = left * half + right;
  } while (value >= size);
  return value;
}

function block(stream: RandomStream, index: number): Words {
  return philox(counterOf(stream, index), keyOf(stream.seed));
}

function counterOf(stream: RandomStream, index: number): [number, number, number, number] {
  return [index >>> 0, Math.floor(index / 0x100000000), stream.stream, 0];
}

function keyOf(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
}

function gaussian(words: Words, lane: number): number {
  const pair = lane & 2;
  const radius = Math.sqrt(-2 * Math.log((words[pair] + 1) / 0x100000000));
  const angle = 2 * Math.PI * words[pair + 1] / 0x100000000;
  return radius * (lane & 1 ? Math.sin(angle) : Math.cos(angle));
}

/** Upper 32 bits of a product of two unsigned 32-bit words, by 16-bit halves in integer arithmetic. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16;
  const bLow = b & 0xffff, bHigh = b >>> 16;
  const cross = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16) | 0;
  const middle = Math.imul(aLow, bHigh) + (cross & 0xffff) | 0;
  return Math.imul(aHigh, bHigh) + (cross >>> 16) + (middle >>> 16) | 0;
}
