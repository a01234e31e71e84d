// UTF-16 by its byte order mark, or without one by where its zero bytes lie: a letter of the Latin alphabet, a space and a
// line end have a zero as their high byte, so that zeros on one side only, and none in the text, mean UTF-16.

import type { DecodedText, NotText } from "./decode_text.ts";

type Utf16 = "utf-16le" | "utf-16be";

const NUL_BYTES: NotText = { reason: "not text: NUL bytes" };
// even a text in Han characters has a space or a line end in every few dozen
const MIN_ZERO_SHARE = 0.01;
const MAX_STRANGE_SHARE = 0.001;

/**
 * Decodes UTF-16 of either byte order.
 *
 * @param bytes - the whole file
 * @returns undefined when it is not UTF-16; a reason when it says it is and holds what no text does
 */
export function decodeUtf16(bytes: Uint8Array): DecodedText | NotText | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return bytes[2] === 0 && bytes[3] === 0 && bytes.length >= 4
      ? { reason: "not text: UTF-32 is not read" }
      : decodeMarked(bytes, "utf-16le");
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeMarked(bytes, "utf-16be");
  return bytes.length >= 4 && bytes.length % 2 === 0 && bytes.includes(0) ? decodeUnmarked(bytes) : undefined;
}

function decodeMarked(bytes: Uint8Array, encoding: Utf16): DecodedText | NotText {
  const text = new TextDecoder(encoding).decode(bytes);
  if (text.includes("\0")) return NUL_BYTES;
  const strict = decodeStrictly(bytes, encoding);
  return { text, encoding, invalidBytes: strict === undefined ? 2 * count(text, /\ufffd/g) : 0 };
}

function decodeUnmarked(bytes: Uint8Array): DecodedText | undefined {
  let even = 0;
  let odd = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  const encoding = odd > even ? "utf-16le" : "utf-16be";
  const units = bytes.length / 2;
  // a character such as U+0100 has a zero on the other side
  if (Math.max(even, odd) < units * MIN_ZERO_SHARE || Math.min(even, odd) > units * MIN_ZERO_SHARE) {
    return undefined;
  }
  const text = decodeStrictly(bytes, encoding);
  if (text === undefined || text.includes("\0")) return undefined;
  const strange = count(text, /(?![\t\n\f\r])\p{Cc}|\p{Cn}|\p{Co}/gu);
  return strange <= text.length * MAX_STRANGE_SHARE ? { text, encoding, invalidBytes: 0 } : undefined;
}

function decodeStrictly(bytes: Uint8Array, encoding: Utf16): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _ of text.matchAll(pattern)) found++;
  return found;
}
