// Bytes of a file to text, or the reason why they are none. Nothing is dropped in silence: bytes that are not UTF-8 are
// read as the code page a detector finds, or as Windows-1252, and counted; a file that would lose characters is refused as
// a whole. Encodings follow https://encoding.spec.whatwg.org. Knows no detector (detect_encoding.ts).

import { decodeUtf16 } from "./_decode_utf16.ts";

/** A file's text and what had to be done to get it. */
export interface DecodedText {
  /** Line ends are LF; there is no half surrogate pair. */
  readonly text: string;
  /** How the bytes were read, a label of the encoding standard: `utf-8`, `utf-16le`, `windows-1252`, `koi8-u`. */
  readonly encoding: string;
  /** Bytes that were not valid UTF-8, or UTF-16 where it is that, and were read as something else. */
  readonly invalidBytes: number;
}

/** Why bytes are not text, in a few words that name no number, so that equal reasons can be counted. */
export interface NotText {
  /** Equal words for equal causes. */
  readonly reason: string;
}

/** Finds the code page of bytes that are not UTF-8; undefined when unsure. */
export type DetectEncoding = (bytes: Uint8Array) => string | undefined;

const MAX_INVALID_SHARE = 0.01;
const MAX_CONTROL_SHARE = 0.01;
// Western European prose has 1 to 8 % accented letters, a short line up to 25 %; other code pages over 60 %
const MAX_HIGH_SHARE = 0.3;
// an older file may hold pairs that happen to be valid UTF-8, such as a capital letter and a quote
const MAX_CHANCE_SEQUENCES = 0.05;
const UNDEFINED_IN_1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
const ISO_2022_JP = ["\x1b$B", "\x1b$@"];

const SIGNATURES: readonly { readonly name: string; readonly bytes: readonly number[] }[] = [
  { name: "PDF", bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { name: "PNG image", bytes: [0x89, 0x50, 0x4e, 0x47] },
  { name: "JPEG image", bytes: [0xff, 0xd8, 0xff] },
  { name: "GIF image", bytes: [0x47, 0x49, 0x46, 0x38] },
  { name: "ZIP archive or office document", bytes: [0x50, 0x4b, 0x03, 0x04] },
  { name: "gzip archive", bytes: [0x1f, 0x8b] },
  { name: "RTF document", bytes: [0x7b, 0x5c, 0x72, 0x74, 0x66] },
  { name: "program", bytes: [0x7f, 0x45, 0x4c, 0x46] },
];

/**
 * Decodes a text file: UTF-8 with or without byte order mark, UTF-16 with or without one, ISO-2022-JP by its escapes,
 * otherwise UTF-8 whose few invalid bytes are Windows-1252, or one code page throughout. Line ends become LF; lone
 * surrogates U+FFFD.
 *
 * @param bytes - the whole file
 * @param options.unicode - `NFC` composes characters and their accents, `none` keeps them as written
 * @param options.detect - names the code page of bytes that are not UTF-8; without it Windows-1252 is the only one
 */
export function decodeText(
  bytes: Uint8Array,
  options: { readonly unicode: "NFC" | "none"; readonly detect?: DetectEncoding },
): DecodedText | NotText {
  const decoded = decodeBytes(bytes, options.detect);
  if ("reason" in decoded) return decoded;
  return { ...decoded, text: normalizeText(decoded.text, options.unicode) };
}

/** Line ends to LF, lone surrogates to U+FFFD, and composition where asked for. */
export function normalizeText(text: string, unicode: "NFC" | "none"): string {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const wellFormed = lines.isWellFormed() ? lines : lines.toWellFormed();
  // the first character that composes with the one before it is U+0300
  return unicode === "NFC" && /[\u0300-\uffff]/.test(wellFormed) ? wellFormed.normalize("NFC") : wellFormed;
}

function decodeBytes(bytes: Uint8Array, detect: DetectEncoding | undefined): DecodedText | NotText {
  const signature = SIGNATURES.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  if (signature !== undefined) return { reason: `not text: ${signature.name}` };
  const utf16 = decodeUtf16(bytes);
  if (utf16 !== undefined) return "reason" in utf16 ? utf16 : checkReplacements(utf16);
  if (bytes.includes(0)) return { reason: "not text: NUL bytes" };
  if (countControls(bytes) > bytes.length * MAX_CONTROL_SHARE) {
    return { reason: "not text: control characters" };
  }
  const text = decodeStrictly(bytes, "utf-8");
  if (text === undefined) return decodeDamaged(bytes, detect);
  const japanese = ISO_2022_JP.some((escape) => text.includes(escape)) &&
    decodeStrictly(bytes, "iso-2022-jp");
  return japanese
    ? { text: japanese, encoding: "iso-2022-jp", invalidBytes: 0 }
    : checkReplacements({ text, encoding: "utf-8", invalidBytes: 0 });
}

/** Refuses a text in which an earlier program has already lost more than one character in a hundred. */
function checkReplacements(decoded: DecodedText): DecodedText | NotText {
  let replaced = 0;
  for (let at = decoded.text.indexOf("\ufffd"); at >= 0; at = decoded.text.indexOf("\ufffd", at + 1)) {
    replaced++;
  }
  if (replaced <= decoded.text.length * MAX_INVALID_SHARE) return decoded;
  return { reason: "not text: more than 1 % replacement characters" };
}

function decodeStrictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError && !/exceed/.test(error.message)) return undefined;
    throw error;
  }
}

/** Not valid UTF-8: a file in an older code page, a UTF-8 file with a few bad bytes, or no text. */
function decodeDamaged(bytes: Uint8Array, detect: DetectEncoding | undefined): DecodedText | NotText {
  const { invalid, invalidBytes, sequences } = findInvalidBytes(bytes);
  const isFew = invalidBytes <= bytes.length * MAX_INVALID_SHARE;
  const isUtf8 = isFew && sequences > invalidBytes;
  const label = isUtf8 ? undefined : detect?.(bytes);
  const detected = label === undefined ? undefined : decodeStrictly(bytes, label);
  if (detected !== undefined && !/[\x80-\x9f\ufffd]/.test(detected)) {
    return { text: detected, encoding: new TextDecoder(label).encoding, invalidBytes };
  }
  const isWestern = sequences <= invalidBytes * MAX_CHANCE_SEQUENCES &&
    invalidBytes <= bytes.length * MAX_HIGH_SHARE && !UNDEFINED_IN_1252.some((byte) => bytes.includes(byte));
  if (isWestern) {
    return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "windows-1252", invalidBytes };
  }
  if (isFew) return { text: decodeMixed(bytes, invalid), encoding: "utf-8", invalidBytes };
  return { reason: "not text: more than 1 % of the bytes are not UTF-8" };
}

/** UTF-8 between the invalid bytes, Windows-1252 for them. */
function decodeMixed(bytes: Uint8Array, invalid: readonly number[]): string {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const latin1 = new TextDecoder("windows-1252");
  let text = "";
  let start = 0;
  for (const at of invalid) {
    text += utf8.decode(bytes.subarray(start, at)) + latin1.decode(bytes.subarray(at, at + 1));
    start = at + 1;
  }
  text += utf8.decode(bytes.subarray(start));
  return text.replace(/^\ufeff/, "");
}

/** Bytes outside valid UTF-8 sequences, positions of as many as are bearable, and the valid sequences of several bytes. */
function findInvalidBytes(bytes: Uint8Array): { invalid: number[]; invalidBytes: number; sequences: number } {
  const invalid: number[] = [];
  const bearable = bytes.length * MAX_INVALID_SHARE;
  let invalidBytes = 0;
  let sequences = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] < 0x80) {
      at++;
      continue;
    }
    const length = sequenceLength(bytes, at);
    if (length > 0) sequences++;
    else if (++invalidBytes <= bearable) invalid.push(at);
    at += Math.max(1, length);
  }
  return { invalid, invalidBytes, sequences };
}

/** Length of the UTF-8 sequence that starts here, 0 when there is none. Ranges of RFC 3629, section 4. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at], second = bytes[at + 1];
  const length = first >= 0xc2 && first <= 0xdf
    ? 2
    : first >= 0xe0 && first <= 0xef
    ? 3
    : first >= 0xf0 && first <= 0xf4
    ? 4
    : 0;
  for (let next = 1; next < length; next++) {
    if ((bytes[at + next] & 0xc0) !== 0x80) return 0;
  }
  const tooSmall = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const tooLarge = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return tooSmall || tooLarge ? 0 : length;
}

/** Control characters that no text has; tab, line ends, form feed, backspace and escape occur in logs. */
function countControls(bytes: Uint8Array): number {
  let count = 0;
  // an iterator over 200 MB takes seconds
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) count++;
  }
  return count;
}
