// One text in the making: its prompt, its place in the decoder, what has been said of it, and why it ended.

import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Decoder } from "./decoder.ts";
import type { GenerateRequest, GenerateStats } from "./generator.ts";
import { TextStream } from "./text_stream.ts";

/** Streams of random numbers of one sample: one for each time its context is filled again. */
const STREAMS_PER_SAMPLE = 1 << 16;

export class SampleRun {
  readonly stats: GenerateStats;
  isOver = false;
  readonly #tokenizer: Tokenizer;
  readonly #request: GenerateRequest;
  readonly #text: TextStream;
  /** The tokens the model may still look at. */
  #known: number[];
  #left: number;
  #stream: number;
  #slot = 0;
  #since = 0;

  /**
   * @param options.copy - tells samples of one prompt apart
   * @param options.maxLength - length of prompt and text in tokens, instead of `request.maxNewTokens`
   */
  constructor(
    prompt: string,
    options: { tokenizer: Tokenizer; request: GenerateRequest; copy: number; maxLength?: number },
  ) {
    const { tokenizer, request, copy, maxLength } = options;
    // A document begins after an end-of-text, so an empty prompt means: a new document.
    this.#known = prompt === "" ? [tokenizer.endOfTextId] : Array.from(tokenizer.encode(prompt));
    this.#tokenizer = tokenizer;
    this.#request = request;
    this.#text = new TextStream(tokenizer, request.stop);
    this.#left = maxLength === undefined ? request.maxNewTokens : Math.max(0, maxLength - this.#known.length);
    this.#stream = copy * STREAMS_PER_SAMPLE;
    this.stats = {
      promptTokens: this.#known.length,
      newTokens: 0,
      prefillMs: 0,
      decodeMs: 0,
      endedBy: "length",
    };
  }

  /** Reads the prompt, or the last `capacity` tokens of it, into a slot of the decoder. */
  start(decoder: Decoder, slot: number): void {
    this.#slot = slot;
    this.#since = performance.now();
    this.#read(decoder, decoder.capacity);
  }

  /** Tokens wanted before the decoder has to be asked for something else; reads the last half again where it is full. */
  wants(decoder: Decoder): number {
    if (decoder.room(this.#slot) === 0) {
      this.#stream++;
      this.#read(decoder, Math.max(1, Math.floor(decoder.capacity / 2)));
    }
    return Math.min(this.#left, decoder.room(this.#slot));
  }

  /** Takes what a readback brought. @returns the text that is certain now */
  take(ids: Uint32Array): string {
    const now = performance.now();
    if (this.stats.prefillMs === 0) this.stats.prefillMs = now - this.#since;
    else this.stats.decodeMs += now - this.#since;
    this.#since = now;
    const piece = ids.subarray(0, this.#left);
    this.#known.push(...piece);
    this.#left -= piece.length;
    const end = piece.indexOf(this.#tokenizer.endOfTextId);
    const said = end < 0 ? piece : piece.subarray(0, end);
    const text = this.#text.push(said);
    this.stats.newTokens += said.length;
    if (end >= 0) this.stats.endedBy = "end of text";
    if (this.#text.stopped) this.stats.endedBy = "stop text";
    this.isOver = end >= 0 || this.#text.stopped || this.#left === 0;
    return this.isOver ? text + this.#text.end() : text;
  }

  /** Ends the text before it wanted to. @returns the rest of it */
  cut(): string {
    this.stats.endedBy = "request";
    this.isOver = true;
    return this.#text.end();
  }

  #read(decoder: Decoder, count: number): void {
    this.#known = this.#known.slice(-count);
    const { temperature, topK, topP, seed } = this.#request;
    const control = { temperature, topK, topP, seed, stream: this.#stream };
    decoder.start(Uint32Array.from(this.#known), control, this.#slot);
  }
}
