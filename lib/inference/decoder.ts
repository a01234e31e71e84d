// The two programs of generation over one KV cache. prefill runs a chunk of a prompt through the model to fill the cache.
// decode runs one token of each sequence, samples the next and leaves it where the following replay reads it.

import {
  appendToCache,
  cachedAttention,
  PADDING_POSITION,
} from "../../kernels/cached_attention/cached_attention.ts";
import type { Backend, Program } from "../../kernels/program/backend.ts";
import { liveCalls } from "../../kernels/program/live_calls.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../kernels/program/tensor.ts";
import { createTokenRing, sample } from "../../kernels/sampling/sampling.ts";
import {
  createSamplingControl,
  packSamplingControl,
  SAMPLING_CONTROL_SIZE,
  type SamplingControl,
} from "../../kernels/sampling/sampling_control.ts";
import { type Gpt, gptForward, logits } from "../model/gpt.ts";

/** Most tokens of a prompt one prefill runs. */
const CHUNK = 64;

/** Sampled tokens the device remembers; a readback may not be longer apart. */
const RING_SIZE = 4096;

/** Rows of a program: their tokens, places and sequences. */
interface Rows {
  readonly tokens: Tensor;
  readonly positions: Tensor;
  readonly slots: Tensor;
}

type Cache = readonly { readonly keys: Tensor; readonly values: Tensor }[];

/** What the host knows of a sequence: tokens sampled since start(), and in the cache when the next is sampled. */
interface Slot {
  sampled: number;
  length: number;
  isRunning: boolean;
}

export class Decoder {
  /** Tokens the cache holds of a sequence at most: the model's context. */
  readonly capacity: number;
  readonly #backend: Backend;
  readonly #prefill: Program;
  readonly #prefillRows: Rows;
  readonly #decode: Program;
  readonly #decodeRows: Rows;
  readonly #control: Tensor;
  readonly #ring: Tensor;
  readonly #slots: readonly Slot[];

  /** @param options.slots - sequences decoded together, each with a cache of its own */
  constructor(backend: Backend, gpt: Gpt, options: { slots?: number } = {}) {
    const { slots = 1 } = options;
    const { maxSeqLen, dModel, numLayers, vocabSize } = gpt.shape;
    this.#backend = backend;
    this.capacity = maxSeqLen;
    this.#slots = Array.from({ length: slots }, () => ({ sampled: 0, length: 0, isRunning: false }));
    const persistent = (name: string) =>
      createTensor(name, [slots, maxSeqLen, dModel], { lifetime: "persistent" });
    const cache = Array.from({ length: numLayers }, (_, layer) => {
      return { keys: persistent(`keys_${layer}`), values: persistent(`values_${layer}`) };
    });
    this.#prefillRows = createRows("prefill", Math.min(CHUNK, maxSeqLen));
    this.#decodeRows = createRows("decode", slots);
    this.#control = createSamplingControl(slots);
    this.#ring = createTokenRing(slots, RING_SIZE);
    const prefill = forward(gpt, { rows: this.#prefillRows, cache }).tape;
    // Only keys and values are wanted: behind those of the last layer nothing is.
    this.#prefill = backend.compile(liveCalls(prefill.calls), "prefill");
    const { tape, hidden } = forward(gpt, { rows: this.#decodeRows, cache, append: true });
    const { tokens, positions } = this.#decodeRows;
    const tensors = { control: this.#control, tokens, positions, ring: this.#ring };
    sample(tape, { logits: logits(tape, gpt, hidden), ...tensors }, { vocabSize });
    this.#decode = backend.compile(tape.calls, "decode");
    backend.write(this.#decodeRows.slots, Uint32Array.from({ length: slots }, (_, slot) => slot));
    for (let slot = 0; slot < slots; slot++) this.stop(slot);
  }

  /** Sequences decoded together. */
  get slots(): number {
    return this.#slots.length;
  }

  /**
   * Forgets what a slot holds and reads a sequence of 1 to `capacity` tokens into it; the next decode() continues it.
   */
  start(ids: Uint32Array, control: SamplingControl, slot = 0): void {
    const last = ids.length - 1;
    const chunk = this.#prefillRows.tokens.shape[0];
    if (last > 0) this.#backend.write(this.#prefillRows.slots, new Uint32Array(chunk).fill(slot));
    for (let first = 0; first < last; first += chunk) {
      const part = ids.subarray(first, Math.min(last, first + chunk));
      const tokens = new Uint32Array(chunk);
      tokens.set(part);
      const positions = new Uint32Array(chunk).fill(PADDING_POSITION);
      part.forEach((_, i) => positions[i] = first + i);
      this.#backend.write(this.#prefillRows.tokens, tokens);
      this.#backend.write(this.#prefillRows.positions, positions);
      this.#prefill.replay();
    }
    this.#backend.write(this.#decodeRows.tokens, ids.subarray(last), slot);
    this.#backend.write(this.#decodeRows.positions, Uint32Array.of(last), slot);
    this.#backend.write(this.#control, packSamplingControl(control), slot * SAMPLING_CONTROL_SIZE);
    this.#backend.write(this.#ring, new Uint32Array(1), slot * (1 + RING_SIZE));
    Object.assign(this.#slots[slot], { sampled: 0, length: last, isRunning: true });
  }

  /** What decode() replays for each token, for the profile. */
  get program(): Program {
    return this.#decode;
  }

  /** Ends the sequence of a slot: its row is padding until the next start(). */
  stop(slot: number): void {
    this.#backend.write(this.#decodeRows.positions, Uint32Array.of(PADDING_POSITION), slot);
    this.#slots[slot].isRunning = false;
  }

  /** Tokens the cache of a slot still takes. */
  room(slot = 0): number {
    return this.capacity - this.#slots[slot].length;
  }

  /**
   * Samples the next `count` tokens of every running sequence, with one readback.
   *
   * @returns for each slot its tokens: as many as it had room for, none where nothing runs
   */
  async decode(count: number): Promise<Uint32Array[]> {
    for (let i = 0; i < count; i++) this.#decode.replay();
    const ids = (await this.#backend.read(this.#ring)) as Uint32Array;
    return this.#slots.map((state, slot) => {
      if (!state.isRunning) return new Uint32Array();
      const first = state.sampled;
      const ring = ids.subarray(slot * (1 + RING_SIZE) + 1, (slot + 1) * (1 + RING_SIZE));
      const taken = Math.min(count, this.room(slot));
      state.sampled += count;
      state.length += taken;
      return Uint32Array.from({ length: taken }, (_, i) => ring[(first + i) % RING_SIZE]);
    });
  }
}

function createRows(name: string, count: number): Rows {
  const integers = (part: string) =>
    createTensor(`${name}_${part}`, [count], { dtype: "u32", lifetime: "input" });
  return { tokens: integers("tokens"), positions: integers("positions"), slots: integers("slots") };
}

/** Attention over the cache, to which `append` adds rows of different sequences and its absence those of one. */
function forward(
  gpt: Gpt,
  options: { rows: Rows; cache: Cache; append?: boolean },
): { tape: Tape; hidden: Tensor } {
  const { rows, cache, append } = options;
  const tape = new Tape({ forwardOnly: true });
  const attend = (layer: number, qkv: Tensor) => {
    const tensors = { qkv, ...cache[layer], positions: rows.positions, slots: rows.slots };
    if (!append) appendToCache(tape, tensors);
    return cachedAttention(tape, tensors, { heads: gpt.shape.numHeads, append, oneSlot: !append });
  };
  return { tape, hidden: gptForward(tape, gpt, { inputs: rows, attend }) };
}
