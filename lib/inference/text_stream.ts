// Turns tokens into text piece by piece: a character whose bytes are spread over tokens is held back until it is whole,
// and text that may be the beginning of a stop text until it is known.

import type { Tokenizer } from "../tokenizer/tokenizer.ts";

export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #stop: readonly string[];
  readonly #decoder = new TextDecoder();
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
    const found = this.#stop.map((text) => this.#held.indexOf(text)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.#stopped = true;
      return this.#take(Math.min(...found));
    }
    return this.#take(isEnd ? this.#held.length : this.#held.length - this.#beginningOfStop());
  }

  #take(length: number): string {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return text;
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
