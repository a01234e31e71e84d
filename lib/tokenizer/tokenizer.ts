// What every tokenizer can do, and the shape of the file it is kept in. A tokenizer is made once from the
// training split and then travels with the token files and inside every checkpoint.

/**
 * Text to token ids and back.
 *
 * @example
 * ```ts
 * import { parseTokenizer, type Tokenizer } from "@sheepop/sheepop";
 * import { assertThrows } from "@std/assert";
 *
 * function roundTrip(tokenizer: Tokenizer, text: string): string {
 *   return tokenizer.decode(tokenizer.encode(text));
 * }
 *
 * assertThrows(() => roundTrip(parseTokenizer("{}"), "Baa!"), Error, "it has no model");
 * ```
 */
export interface Tokenizer {
  /** Value of `tokenizer.kind` it was made for. */
  readonly kind: string;
  /** Number of ids; every id is below it. */
  readonly vocabSize: number;
  /** Id that stands between two documents; `encode` never gives it, `decode` leaves it out. */
  readonly endOfTextId: number;
  /**
   * Ids of a text. Every text can be encoded; a lone surrogate is read as U+FFFD.
   */
  encode(text: string): Uint32Array;
  /**
   * Text of ids; `decode(encode(text))` is `text`. Bytes that are not UTF-8 become U+FFFD.
   *
   * @throws {RangeError} when an id is not below `vocabSize`
   */
  decode(ids: ArrayLike<number>): string;
  /**
   * UTF-8 bytes of ids. One id may be part of a character: to stream text, hand the bytes of each id to one
   * `TextDecoder` with `{ stream: true }`.
   *
   * @throws {RangeError} when an id is not below `vocabSize`
   */
  decodeBytes(ids: ArrayLike<number>): Uint8Array;
  /** The tokenizer as a Hugging Face `tokenizer.json`. */
  toJson(): TokenizerJson;
}

/** The parts of a Hugging Face `tokenizer.json` that are written here. */
export interface TokenizerJson {
  /** Version of the file format. */
  readonly version: "1.0";
  /** No text is cut. */
  readonly truncation: null;
  /** No text is padded. */
  readonly padding: null;
  /** The end-of-text token. */
  readonly added_tokens: readonly AddedToken[];
  /** Text is taken as it is. */
  readonly normalizer: null;
  /** Text is not cut into words first. */
  readonly pre_tokenizer: null;
  /** Nothing is put around a text. */
  readonly post_processor: null;
  /** Bytes become characters, and pieces one text. */
  readonly decoder: {
    readonly type: "Sequence";
    readonly decoders: readonly { readonly type: "ByteFallback" | "Fuse" }[];
  };
  /** The vocabulary and its rules. */
  readonly model: BpeModelJson;
}

/** A token that is recognised before the model sees the text. */
export interface AddedToken {
  /** Its id. */
  readonly id: number;
  /** Its text. */
  readonly content: string;
  /** Only between spaces. */
  readonly single_word: boolean;
  /** With the space before it. */
  readonly lstrip: boolean;
  /** With the space behind it. */
  readonly rstrip: boolean;
  /** Sought in the normalised text. */
  readonly normalized: boolean;
  /** Left out when decoding for people. */
  readonly special: boolean;
}

/** The model of a `tokenizer.json`. */
export interface BpeModelJson {
  /** Kind of model. */
  readonly type: "BPE";
  /** No merge is left out at random. */
  readonly dropout: null;
  /** Nothing is unknown. */
  readonly unk_token: null;
  /** No mark inside words. */
  readonly continuing_subword_prefix: null;
  /** No mark at the end of words. */
  readonly end_of_word_suffix: null;
  /** Of no effect without an unknown token. */
  readonly fuse_unk: boolean;
  /** An unseen character becomes its UTF-8 bytes. */
  readonly byte_fallback: boolean;
  /** Whether whole words are looked up first. */
  readonly ignore_merges: boolean;
  /** Token to id. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs to join, most important first; empty for characters. */
  readonly merges: readonly (readonly [string, string])[];
}
