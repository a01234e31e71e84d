// Which code page bytes are in that are not UTF-8. Asian pages, Greek, Hebrew and Arabic are told by the statistics of the
// package chardet, Cyrillic and Latin ones by their alphabets. decodeText confirms: a page in which the bytes do not decode
// strictly, or give control characters, is not it.

import { cyrillicPage, latinPage } from "./_code_pages.ts";
import { type DecodedText, decodeText, type DetectEncoding, type NotText } from "./decode_text.ts";

interface Match {
  readonly name: string;
  readonly confidence: number;
}

type Analyse = (bytes: Uint8Array) => readonly Match[];

const SAMPLE_BYTES = 1 << 16;
const MAX_LINE_BYTES = 1 << 12;
const MIN_HIGH_BYTES = 4;
const MULTI_BYTE = new Set(["shift_jis", "euc-jp", "euc-kr", "big5", "gb18030"]);
const MIN_MULTI_BYTE_CONFIDENCE = 30;
const MIN_CONFIDENCE = 20;
// the Windows pages hold the letters of the ISO ones and have typographic quotes where those have control characters
const WIDER: Readonly<Record<string, string>> = {
  "iso-8859-1": "windows-1252",
  "iso-8859-7": "windows-1253",
  "iso-8859-8": "windows-1255",
  "iso-8859-9": "windows-1254",
};

let loading: Promise<Analyse> | undefined;

/**
 * Decodes a text file in any encoding that can be told from its bytes; chardet is loaded for the first file that is
 * not UTF-8.
 *
 * @param bytes - the whole file
 * @param options.unicode - as in {@linkcode decodeText}
 */
export async function decodeAnyText(
  bytes: Uint8Array,
  options: { readonly unicode: "NFC" | "none" },
): Promise<DecodedText | NotText> {
  let isAsked = false;
  const detect: DetectEncoding = () => {
    isAsked = true;
    return undefined;
  };
  const decoded = decodeText(bytes, { ...options, detect });
  return isAsked ? decodeText(bytes, { ...options, detect: await loadEncodingDetector() }) : decoded;
}

/** Loads chardet, once, and gives the function that {@linkcode decodeText} asks. */
export async function loadEncodingDetector(): Promise<DetectEncoding> {
  loading ??= import("npm:chardet@2.2.0").then(({ analyse }) => analyse as Analyse);
  const analyse = await loading;
  return (bytes) => detectEncoding(bytes, analyse);
}

function detectEncoding(bytes: Uint8Array, analyse: Analyse): string | undefined {
  const sample = linesWithHighBytes(bytes);
  if (sample === undefined) return undefined;
  const matches = analyse(sample).map(({ name, confidence }) => ({ name: name.toLowerCase(), confidence }));
  const [best] = matches;
  if (
    best !== undefined && MULTI_BYTE.has(best.name) && best.confidence >= MIN_MULTI_BYTE_CONFIDENCE &&
    isDecodable(bytes, best.name)
  ) return best.name;
  const byLetters = cyrillicPage(sample) ?? latinPage(sample);
  if (byLetters !== undefined) return byLetters;
  const single = matches.find(({ name, confidence }) =>
    !MULTI_BYTE.has(name) && confidence >= MIN_CONFIDENCE
  );
  if (single === undefined) return undefined;
  const wider = WIDER[single.name];
  return wider !== undefined && isDecodable(bytes, wider) ? wider : single.name;
}

/** Lines that tell something about the code page, so that English around them does not outvote them. */
function linesWithHighBytes(bytes: Uint8Array): Uint8Array | undefined {
  const sample = new Uint8Array(SAMPLE_BYTES + MAX_LINE_BYTES);
  let size = 0;
  let high = 0;
  for (let start = 0; start < bytes.length && size < SAMPLE_BYTES;) {
    const piece = bytes.subarray(start, start + MAX_LINE_BYTES);
    const lineEnd = piece.indexOf(0x0a);
    const line = lineEnd < 0 ? piece : piece.subarray(0, lineEnd + 1);
    const inLine = countHighBytes(line);
    if (inLine > 0) {
      sample.set(line, size);
      size += line.length;
      high += inLine;
    }
    start += line.length;
  }
  return high < MIN_HIGH_BYTES ? undefined : sample.subarray(0, size);
}

function countHighBytes(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) count += bytes[at] >> 7;
  return count;
}

function isDecodable(bytes: Uint8Array, label: string): boolean {
  try {
    return !/[\x80-\x9f\ufffd]/.test(new TextDecoder(label, { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
