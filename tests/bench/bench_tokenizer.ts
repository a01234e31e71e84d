// A tokenizer without text: one token a character code, never an end of text. For timing models that learned nothing.

import type { Tokenizer } from "../../lib/tokenizer/tokenizer.ts";

export function benchTokenizer(vocabSize: number): Tokenizer {
  return {
    kind: "bench",
    vocabSize,
    endOfTextId: 0xffffffff,
    encode: (text: string) => Uint32Array.from(text, (character) => character.charCodeAt(0) % vocabSize),
    decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)),
    decodeBytes: (ids: ArrayLike<number>) => Uint8Array.from(ids, (id) => id & 0x7f),
    toJson: () => {
      throw new Error("Internal: the bench tokenizer has no file");
    },
  };
}
