// The two programs of generation over one KV cache. prefill runs a chunk of a prompt through the model to fill the cache.
// decode runs one token, samples the next and leaves it where the following replay reads it.

import {
  appendToCache,
  cachedAttention,
  PADDING_POSITION,
} from "../../kernels/cached_attention/cached_attention.ts";
import type { Backend, Program } from "../../kernels/program/backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor } from "../../kernels/program/tensor.ts";
import { createTokenRing, sample } from "../../kernels/sampling/sampling.ts";
import {
  createSamplingControl,
  packSamplingControl,
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

export class Decoder {
  /** Tokens the cache holds at most: the model's context. */
  readonly capacity: number;
  readonly #backend: Backend;
  readonly #prefill: Program;
  readonly #prefillRows: Rows;
  readonly #decode: Program;
  readonly #decodeRows: Rows;
  readonly #control: Tensor;
  readonly #ring: Tensor;
  /** Tokens sampled since start(), and tokens in the cache after the next replay's input is in. */
  #sampled = 0;
  #length = 0;

  constructor(backend: Backend, gpt: Gpt) {
    const { maxSeqLen, dModel, numLayers, vocabSize } = gpt.shape;
    this.#backend = backend;
    this.capacity = maxSeqLen;
    const persistent = (name: string) =>
      createTensor(name, [1, maxSeqLen, dModel], { lifetime: "persistent" });
    const cache = Array.from({ length: numLayers }, (_, layer) => {
      return { keys: persistent(`keys_${layer}`), values: persistent(`values_${layer}`) };
    });
    this.#prefillRows = createRows("prefill", Math.min(CHUNK, maxSeqLen));
    this.#decodeRows = createRows("decode", 1);
    this.#control = createSamplingControl(1);
    this.#ring = createTokenRing(1, RING_SIZE);
    this.#prefill = backend.compile(forward(gpt, this.#prefillRows, cache).tape.calls, "prefill");
    const { tape, hidden } = forward(gpt, this.#decodeRows, cache);
    const { tokens, positions } = this.#decodeRows;
    const tensors = { control: this.#control, tokens, positions, ring: this.#ring };
    sample(tape, { logits: logits(tape, gpt, hidden), ...tensors }, { vocabSize });
    this.#decode = backend.compile(tape.calls, "decode");
  }

  /**
   * Forgets everything and reads a sequence of 1 to `capacity` tokens; the next decode() continues it.
   */
  start(ids: Uint32Array, control: SamplingControl): void {
    const last = ids.length - 1;
    const chunk = this.#prefillRows.tokens.shape[0];
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
    this.#backend.write(this.#decodeRows.tokens, ids.subarray(last));
    this.#backend.write(this.#decodeRows.positions, Uint32Array.of(last));
    this.#backend.write(this.#control, packSamplingControl(control));
    this.#backend.write(this.#ring, new Uint32Array(1));
    this.#sampled = 0;
    this.#length = last;
  }

  /** What decode() replays for each token, for the profile. */
  get program(): Program {
    return this.#decode;
  }

  /** Tokens the cache still takes. */
  get room(): number {
    return this.capacity - this.#length;
  }

  /** Samples the next `count` tokens, at most `room`; one readback. */
  async decode(count: number): Promise<Uint32Array> {
    for (let i = 0; i < count; i++) this.#decode.replay();
    this.#length += count;
    const ids = (await this.#backend.read(this.#ring)) as Uint32Array;
    const first = this.#sampled;
    this.#sampled += count;
    return Uint32Array.from({ length: count }, (_, i) => ids[1 + (first + i) % RING_SIZE]);
  }
}

function createRows(name: string, count: number): Rows {
  const integers = (part: string) =>
    createTensor(`${name}_${part}`, [count], { dtype: "u32", lifetime: "input" });
  return { tokens: integers("tokens"), positions: integers("positions"), slots: integers("slots") };
}

function forward(gpt: Gpt, rows: Rows, cache: Cache): { tape: Tape; hidden: Tensor } {
  const tape = new Tape();
  const attend = (layer: number, qkv: Tensor) => {
    const tensors = { qkv, ...cache[layer], positions: rows.positions, slots: rows.slots };
    appendToCache(tape, tensors);
    return cachedAttention(tape, tensors, { heads: gpt.shape.numHeads });
  };
  return { tape, hidden: gptForward(tape, gpt, { inputs: rows, attend }) };
}
