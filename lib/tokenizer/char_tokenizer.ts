// The character tokenizer: one id a character, and the 256 bytes for characters it has never seen, so that
// every text can be encoded and nothing is lost. Ids: 0 is <|endoftext|>, 1 to 256 are the bytes, then the
// characters by code point. As a Hugging Face tokenizer it is BPE without merges and with byte fallback.

import type { Tokenizer, TokenizerJson } from "./tokenizer.ts";

/** Content of the token between two documents. */
export const END_OF_TEXT = "<|endoftext|>";

/** Characters a tokenizer may have, so that every id fits 16 bits. */
export const MAX_CHARACTERS = 60_000;

const END_OF_TEXT_ID = 0;
const FIRST_BYTE_ID = 1;
const FIRST_CHARACTER_ID = FIRST_BYTE_ID + 256;
const REPLACEMENT = 0xfffd;

/** Encodes characters. See {@linkcode Tokenizer} for its methods. */
export class CharTokenizer implements Tokenizer {
  readonly kind = "char";
  readonly vocabSize: number;
  readonly endOfTextId: number = END_OF_TEXT_ID;
  readonly #characters: readonly number[];
  /** Id by code point below 2^16; 0 where there is none, as no character has the id 0. */
  readonly #basicIds = new Uint16Array(0x10000);
  /** Id by code point from 2^16 on. */
  readonly #astralIds = new Map<number, number>();
  /** UTF-8 bytes of each id. */
  readonly #bytes: readonly Uint8Array[];

  /**
   * A tokenizer of the given characters.
   *
   * @param characters - distinct code points without surrogates, in the order of their ids
   * @throws {RangeError} when there are more than {@linkcode MAX_CHARACTERS}
   */
  constructor(characters: readonly number[]) {
    if (characters.length > MAX_CHARACTERS) {
      throw new RangeError(
        `Cannot make a tokenizer of ${characters.length} characters: at most ${MAX_CHARACTERS} fit`,
      );
    }
    this.#characters = characters;
    this.vocabSize = FIRST_CHARACTER_ID + characters.length;
    const encoder = new TextEncoder();
    const bytes = [new Uint8Array(), ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))];
    for (const [at, codePoint] of characters.entries()) {
      const id = FIRST_CHARACTER_ID + at;
      if (codePoint < 0x10000) this.#basicIds[codePoint] = id;
      else this.#astralIds.set(codePoint, id);
      bytes.push(encoder.encode(String.fromCodePoint(codePoint)));
    }
    this.#bytes = bytes;
  }

  encode(text: string): Uint32Array {
    const basicIds = this.#basicIds;
    let ids = new Uint32Array(text.length);
    let count = 0;
    for (let at = 0; at < text.length; at++) {
      const id = basicIds[text.charCodeAt(at)];
      if (id !== 0) {
        ids[count++] = id;
        continue;
      }
      const codePoint = scalarAt(text, at);
      if (codePoint > 0xffff) at++;
      const rareId = codePoint > 0xffff ? this.#astralIds.get(codePoint) : basicIds[codePoint];
      if (rareId) {
        ids[count++] = rareId;
        continue;
      }
      const size = utf8Length(codePoint);
      const left = text.length - at - 1; // each unit that is left needs room for one id
      if (count + size + left > ids.length) ids = withLength(ids, Math.ceil(count * 1.5) + 16 + left);
      for (let index = 0; index < size; index++) {
        ids[count++] = FIRST_BYTE_ID + utf8Byte(codePoint, { index, size });
      }
    }
    return count === ids.length ? ids : ids.slice(0, count);
  }

  decode(ids: ArrayLike<number>): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.decodeBytes(ids));
  }

  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    let size = 0;
    for (let at = 0; at < ids.length; at++) {
      const bytes = this.#bytes[ids[at]];
      if (bytes === undefined) {
        throw new RangeError(
          `Cannot decode id ${
            ids[at]
          } at position ${at}: the vocabulary has ${this.vocabSize} ids, from 0 on`,
        );
      }
      size += bytes.length;
    }
    const out = new Uint8Array(size);
    for (let at = 0, end = 0; at < ids.length; at++) {
      const bytes = this.#bytes[ids[at]];
      out.set(bytes, end);
      end += bytes.length;
    }
    return out;
  }

  toJson(): TokenizerJson {
    const vocab: Record<string, number> = { [END_OF_TEXT]: END_OF_TEXT_ID };
    for (let byte = 0; byte < 256; byte++) vocab[byteToken(byte)] = FIRST_BYTE_ID + byte;
    for (const [at, codePoint] of this.#characters.entries()) {
      vocab[String.fromCodePoint(codePoint)] = FIRST_CHARACTER_ID + at;
    }
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    return {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [{ id: END_OF_TEXT_ID, content: END_OF_TEXT, ...flags }],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: true,
        ignore_merges: false,
        vocab,
        merges: [],
      },
    };
  }
}

/**
 * Makes the tokenizer of a corpus: all its characters, or the most frequent {@linkcode MAX_CHARACTERS}.
 *
 * @param texts - the training split, document by document
 */
export async function trainCharTokenizer(
  texts: AsyncIterable<string> | Iterable<string>,
): Promise<CharTokenizer> {
  const counts = new Float64Array(0x110000);
  const characters: number[] = [];
  for await (const text of texts) {
    for (let at = 0; at < text.length; at++) {
      const codePoint = scalarAt(text, at);
      if (codePoint > 0xffff) at++;
      if (counts[codePoint]++ === 0) characters.push(codePoint);
    }
  }
  if (characters.length > MAX_CHARACTERS) {
    characters.sort((a, b) => counts[b] - counts[a] || a - b).length = MAX_CHARACTERS;
  }
  return new CharTokenizer(characters.sort((a, b) => a - b));
}

/** Token that stands for a byte: `<0x0A>`. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** Code point at a position, U+FFFD for half a surrogate pair. */
function scalarAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if ((unit & 0xf800) !== 0xd800) return unit;
  const codePoint = text.codePointAt(at)!;
  return codePoint > 0xffff ? codePoint : REPLACEMENT;
}

function utf8Length(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** One byte of the UTF-8 sequence of a code point. */
function utf8Byte(codePoint: number, options: { readonly index: number; readonly size: number }): number {
  const { index, size } = options;
  const bits = codePoint >> 6 * (size - 1 - index);
  if (index > 0) return 0x80 | (bits & 0x3f);
  return size === 1 ? codePoint : (0xf00 >> size & 0xff) | bits;
}

function withLength(ids: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(ids);
  return longer;
}
