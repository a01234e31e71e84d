// Turns tokens into text piece by piece: a character whose bytes are spread over tokens is held back until it is whole,
// and text that may be the beginning of a stop text until it is known.

import type { Tokenizer } from "../tokenizer/tokenizer.ts";

export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #stop: readonly string[];
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #held = "";
  #stopped = false;

  constructor(tokenizer: Tokenizer, stop: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#stop = stop.filter((text) => text !== "");
  }

  /** A stop text appeared: everything before it was handed out. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** @returns the text that is certain now */
  push(ids: ArrayLike<number>): string {
    if (this.#stopped) return "";
    this.#held += this.#decoder.decode(this.#tokenizer.decodeBytes(ids), { stream: true });
    return this.#release(false);
  }

  /** @returns what was held back; to be called once, at the end */
  end(): string {
    if (this.#stopped) return "";
    this.#held += this.#decoder.decode();
    return this.#release(true);
  }

  #release(isEnd: boolean): string {
    const start = this.#startOfFirstStop();
    if (start >= 0) {
      this.#stopped = true;
      return this.#take(start);
    }
    return this.#take(isEnd ? this.#held.length : this.#held.length - this.#beginningOfStop());
  }

  #take(length: number): string {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return text;
  }

  /** The stop text that is complete first counts, as if text came character by character; -1 when there is none. */
  #startOfFirstStop(): number {
    let [first, end] = [-1, Infinity];
    for (const text of this.#stop) {
      const start = this.#held.indexOf(text);
      if (start < 0 || start + text.length > end) continue;
      first = start + text.length < end ? start : Math.min(first, start);
      end = start + text.length;
    }
    return first;
  }

  /** Length of the longest end of the held text that a stop text begins with. */
  #beginningOfStop(): number {
    let longest = 0;
    for (const text of this.#stop) {
      for (let length = Math.min(text.length - 1, this.#held.length); length > longest; length--) {
        if (this.#held.endsWith(text.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
