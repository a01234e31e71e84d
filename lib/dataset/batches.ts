// Cuts a token file into training and evaluation batches. Which tokens a micro-step sees is a function of
// the seed and the micro-step alone: a resumed run needs no saved position, and never repeats or misses a
// window.
//
// Training treats the file as a ring: behind its last end-of-text comes its first document. An epoch is
// floor(tokens / T) windows of T + 1 tokens, T apart, so that every token but a rest shorter than T is a
// target once. Each epoch starts at another of T positions and visits its windows in another order.

import { UsageError } from "../common/errors.ts";
import { permute, randomU32 } from "../common/random.ts";
import type { TokenFile } from "./token_file.ts";

/** Target that no loss is counted for. */
export const IGNORED_TARGET = 0xffffffff;

/** Shape and order of batches. */
export interface BatchOptions {
  /** Sequences in a batch, B. */
  readonly batchSize: number;
  /** Positions in a sequence, T. */
  readonly maxSeqLen: number;
  /** Seed of the training order. */
  readonly seed: number;
}

// streams of the random numbers, so that the two draws of an epoch are unrelated
const ORDER_STREAM = 0x6f726465;
const OFFSET_STREAM = 0x6f666673;

/** Batches of one token file, the training split or the validation split. */
export class Batches {
  readonly #file: TokenFile;
  readonly #batchSize: number;
  readonly #maxSeqLen: number;
  readonly #seed: number;
  readonly #window: Uint32Array;

  /**
   * Batches of an open token file.
   *
   * @param file - stays open as long as batches are asked for; the caller closes it
   * @param options - B, T and the seed
   */
  constructor(file: TokenFile, options: BatchOptions) {
    this.#file = file;
    this.#batchSize = options.batchSize;
    this.#maxSeqLen = options.maxSeqLen;
    this.#seed = options.seed;
    this.#window = new Uint32Array(options.maxSeqLen + 1);
  }

  /**
   * Windows of T + 1 tokens in one epoch.
   *
   * @throws {UsageError} when the file holds less than one window
   */
  get windowsPerEpoch(): number {
    const { numTokens } = this.#file;
    const needed = this.#maxSeqLen + 1;
    if (numTokens < needed) {
      throw new UsageError(
        `Cannot train on ${numTokens} tokens: a window of model.max_seq_len ${this.#maxSeqLen} takes ` +
          `${needed}; ` +
          (numTokens > 2 ? `set model.max_seq_len to ${numTokens - 1} or less, or add data` : "add data"),
      );
    }
    return Math.floor(numTokens / this.#maxSeqLen);
  }

  /** Batches that cover every position of the file once, for `evaluationBatch`. */
  get evaluationBatches(): number {
    return Math.ceil(Math.max(0, this.#file.numTokens - 1) / this.#maxSeqLen / this.#batchSize);
  }

  /**
   * Fills one training batch.
   *
   * @param microStep - counted from 0 over the whole run
   * @param tokens - [B, T], filled
   * @param targets - [B, T], filled: the token after each
   * @throws {UsageError} when the file holds less than one window
   */
  trainingBatch(microStep: number, tokens: Uint32Array, targets: Uint32Array): void {
    this.#checkShape(microStep, { tokens, targets });
    const windows = this.windowsPerEpoch;
    const window = this.#window;
    for (let b = 0; b < this.#batchSize; b++) {
      const sample = microStep * this.#batchSize + b;
      this.#readRing(this.#windowStart(sample, windows), window);
      tokens.set(window.subarray(0, -1), b * this.#maxSeqLen);
      targets.set(window.subarray(1), b * this.#maxSeqLen);
    }
  }

  /**
   * Fills one evaluation batch: windows in the order of the file, T apart, every token but the first a target
   * once. Behind the end of the file tokens are 0 and targets {@linkcode IGNORED_TARGET}.
   *
   * @param index - counted from 0
   * @param tokens - [B, T], filled
   * @param targets - [B, T], filled
   * @returns number of targets that count, 0 past the end
   */
  evaluationBatch(index: number, tokens: Uint32Array, targets: Uint32Array): number {
    this.#checkShape(index, { tokens, targets });
    tokens.fill(0);
    targets.fill(IGNORED_TARGET);
    let valid = 0;
    for (let b = 0; b < this.#batchSize; b++) {
      const start = (index * this.#batchSize + b) * this.#maxSeqLen;
      const count = Math.min(this.#maxSeqLen, this.#file.numTokens - 1 - start);
      if (count <= 0) break;
      const window = this.#window.subarray(0, count + 1);
      this.#file.read(start, window);
      tokens.set(window.subarray(0, count), b * this.#maxSeqLen);
      targets.set(window.subarray(1), b * this.#maxSeqLen);
      valid += count;
    }
    return valid;
  }

  /** Position of a global sample's window in the ring. */
  #windowStart(sample: number, windows: number): number {
    const epoch = Math.floor(sample / windows);
    const seed = this.#seed;
    const order = randomU32({ seed, stream: ORDER_STREAM }, epoch);
    const window = permute(sample % windows, { seed: order, stream: ORDER_STREAM, size: windows });
    const offset = randomU32({ seed, stream: OFFSET_STREAM }, epoch) % this.#maxSeqLen;
    return (offset + window * this.#maxSeqLen) % this.#file.numTokens;
  }

  #readRing(start: number, out: Uint32Array): void {
    const first = Math.min(out.length, this.#file.numTokens - start);
    this.#file.read(start, out.subarray(0, first));
    if (first < out.length) this.#file.read(0, out.subarray(first));
  }

  #checkShape(index: number, options: { tokens: Uint32Array; targets: Uint32Array }): void {
    const size = this.#batchSize * this.#maxSeqLen;
    const { tokens, targets } = options;
    if (!(Number.isSafeInteger(index) && index >= 0)) {
      throw new RangeError(`Cannot make batch ${index}: the index must be an integer of at least 0`);
    }
    if (tokens.length !== size || targets.length !== size) {
      throw new RangeError(
        `Cannot fill ${tokens.length} tokens and ${targets.length} targets: a batch takes ${size} of each`,
      );
    }
  }
}
