// What every tokenizer can do, and the shape of the file it is kept in. A tokenizer is made once from the
// training split and then travels with the token files and inside every checkpoint.

/** Text to token ids and back. */
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
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: null;
  readonly pre_tokenizer: null;
  readonly post_processor: null;
  readonly decoder: {
    readonly type: "Sequence";
    readonly decoders: readonly { readonly type: "ByteFallback" | "Fuse" }[];
  };
  readonly model: BpeModelJson;
}

/** A token that is recognised before the model sees the text. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** The model of a `tokenizer.json`. */
export interface BpeModelJson {
  readonly type: "BPE";
  readonly dropout: null;
  readonly unk_token: null;
  readonly continuing_subword_prefix: null;
  readonly end_of_word_suffix: null;
  readonly fuse_unk: boolean;
  readonly byte_fallback: boolean;
  readonly ignore_merges: boolean;
  /** Token to id. */
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
}
