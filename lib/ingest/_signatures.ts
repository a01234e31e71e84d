// The first bytes by which formats know themselves: those sheepop reads, and those it refuses with a word about what
// to do instead. Values from the formats' own specifications and from file(1)'s list.

import type { FileKind } from "./file_kinds.ts";

/** What the first bytes say: a kind, or why the file is not read. */
export type Signed = { readonly kind: FileKind } | { readonly reason: string };

interface Signature {
  /** One character a byte. */
  readonly bytes: string;
  /** Where they stand. */
  readonly at: number;
  readonly signed: Signed;
  /** A text could begin with these letters too, so that the rest has to look binary. */
  readonly isWord: boolean;
}

const UNPACK = "unpack it first, or pack it as zip or tar.gz";

/** A format that is not read: its name, and signatures as `bytes` or `offset:bytes`. */
const REFUSED: readonly (readonly [reason: string, ...bytes: string[]])[] = [
  [`7z archive: ${UNPACK}`, "7z\xbc\xaf\x27\x1c"],
  [`xz archive: ${UNPACK}`, "\xfd7zXZ\0"],
  [`bzip2 archive: ${UNPACK}`, "BZh11AY&SY", "BZh21AY&SY", "BZh31AY&SY", "BZh41AY&SY", "BZh51AY&SY"],
  [
    `bzip2 archive: ${UNPACK}`,
    "BZh61AY&SY",
    "BZh71AY&SY",
    "BZh81AY&SY",
    "BZh91AY&SY",
    "BZh9\x17\x72\x45\x38\x50\x90",
  ],
  [`rar archive: ${UNPACK}`, "Rar!\x1a\x07"],
  [`zstd archive: ${UNPACK}`, "\x28\xb5\x2f\xfd"],
  [`lz4 archive: ${UNPACK}`, "\x04\x22\x4d\x18"],
  [`lzip archive: ${UNPACK}`, "LZIP\x01"],
  [`compress archive: ${UNPACK}`, "\x1f\x9d", "\x1f\xa0"],
  [`cabinet archive: ${UNPACK}`, "MSCF\0\0\0\0"],
  [`package: ${UNPACK}`, "!<arch>\n", "\xed\xab\xee\xdb"],
  [
    "old or encrypted Office document: save it as .docx without a password",
    "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
  ],
  ["RTF document: save it as .docx", "{\\rtf"],
  ["PostScript: convert it to PDF", "%!PS", "\xc5\xd0\xd3\xc6"],
  ["DjVu document: convert it to PDF", "AT&TFORM"],
  ["not text: program", "\x7fELF", "MZ", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe"],
  ["not text: program", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "\0asm", "dex\n03"],
  [
    "not text: sound",
    "ID3",
    "\xff\xfb",
    "\xff\xf3",
    "\xff\xf2",
    "OggS",
    "fLaC",
    "MThd\0\0",
    "8:WAVE",
    "#!AMR",
  ],
  [
    "not text: film",
    "4:ftyp",
    "4:moov",
    "4:mdat",
    "\x1a\x45\xdf\xa3",
    "8:AVI ",
    "FLV\x01",
    "\0\0\x01\xba",
    "\0\0\x01\xb3",
  ],
  ["not text: font", "\0\x01\0\0\0", "OTTO", "true\0", "ttcf", "wOFF", "wOF2"],
  ["not text: model weights", "GGUF", "\x89HDF", "ggjt", "lmgg"],
  ["not text: numbers", "\x93NUMPY", "ARROW1\0", "Obj\x01", "ORC", "CDF\x01", "CDF\x02"],
  ["not text: Python object", "\x80\x02", "\x80\x03", "\x80\x04\x95", "\x80\x05\x95"],
  [
    "picture of a kind that is not read: save it as PNG",
    "8BPS",
    "\0\0\x01\0",
    "\0\0\x02\0",
    "\x89MNG",
    "gimp xcf",
  ],
  [
    "picture of a kind that is not read: save it as PNG",
    "\xff\x0a",
    "\0\0\0\x0cJXL ",
    "\0\0\0\x0cjP  ",
    "v/1\x01",
  ],
  ["not text: part of a git repository", "PACK\0\0\0", "DIRC\0\0\0", "\xfftOc\0\0\0"],
  ["not text: folder settings", "\0\0\0\x01Bud1"],
];

const READ: readonly (readonly [kind: FileKind, ...bytes: string[]])[] = [
  ["pdf", "%PDF-"],
  ["image", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "8:WEBP"],
  ["image", "II*\0", "MM\0*", "II+\0", "MM\0+"],
  ["zip", "PK\x03\x04", "PK\x05\x06", "PK\x07\x08"],
  ["gzip", "\x1f\x8b"],
  ["tar", "257:ustar\0", "257:ustar "],
  ["parquet", "PAR1", "PARE"],
  ["sqlite", "SQLite format 3\0"],
];

/** Formats that are themselves written in letters. */
const LETTERED = /^(?:%PDF-|%!PS|\{\\rtf|BZh|!<arch>)/;

const SIGNATURES: readonly Signature[] = [
  ...READ.flatMap(([kind, ...all]) => all.map((bytes) => parseSignature(bytes, { kind }))),
  ...REFUSED.flatMap(([reason, ...all]) => all.map((bytes) => parseSignature(bytes, { reason }))),
];

/**
 * What the first bytes of a file say it is.
 *
 * @param head - at least the first 300 bytes where there are so many
 * @param options.isBinary - the head has bytes that no text has
 * @returns undefined when no signature stands there, as in every text
 */
export function readSignature(head: Uint8Array, { isBinary }: { isBinary: boolean }): Signed | undefined {
  const found = SIGNATURES.find(({ bytes, at, isWord }) =>
    (isBinary || !isWord) && startsAt(head, { bytes, at })
  );
  if (found !== undefined) return found.signed;
  if (isBinary && isBitmap(head)) return { kind: "image" };
  return isSafetensors(head) ? { reason: "not text: model weights" } : undefined;
}

function parseSignature(text: string, signed: Signed): Signature {
  const [, at, bytes] = /^(?:(\d+):)?(.*)$/s.exec(text)!;
  return {
    bytes,
    at: Number(at ?? 0),
    signed,
    isWord: /^[\x20-\x7e]+$/.test(bytes) && !LETTERED.test(bytes),
  };
}

function startsAt(head: Uint8Array, { bytes, at }: { bytes: string; at: number }): boolean {
  for (let index = 0; index < bytes.length; index++) {
    if (head[at + index] !== bytes.charCodeAt(index)) return false;
  }
  return true;
}

/** `BM`, a reserved zero and the size of a known header. */
function isBitmap(head: Uint8Array): boolean {
  if (head.length < 26 || head[0] !== 0x42 || head[1] !== 0x4d) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint32(6, true) === 0 &&
    [12, 16, 40, 52, 56, 64, 108, 124].includes(view.getUint32(14, true));
}

/** A length below 100 MB in 8 bytes, then a JSON header. */
function isSafetensors(head: Uint8Array): boolean {
  if (head.length < 10 || head[8] !== 0x7b || head[9] !== 0x22) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  return view.getUint32(4, true) === 0 && view.getUint32(0, true) < 100_000_000;
}
