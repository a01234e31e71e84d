// The first 128 bytes of a token file, little-endian, as are the numbers behind them:
//
//   0 "SHEEPTOK"   8 u32 version   12 u32 bytes a token (2 or 4)   16 u32 vocabulary size   20 u32 zero
//   24 u64 tokens   32 u64 documents   40 u64 UTF-8 bytes of the text   48 SHA-256 of all behind the header
//
// Then the tokens, padded with zeros to a multiple of 8 bytes, then for each document the u64 index of its
// first token.

import { UsageError } from "../common/errors.ts";

/** What a header says. */
export interface TokenFileHeader {
  /** 2 for vocabularies that fit 16 bits, else 4. */
  readonly tokenBytes: 2 | 4;
  /** Number of ids; every token is below it. */
  readonly vocabSize: number;
  /** Tokens, with one end-of-text a document. */
  readonly numTokens: number;
  /** Documents, each ended by an end-of-text. */
  readonly numDocuments: number;
  /** UTF-8 bytes of the text, for the loss in bits per byte. */
  readonly textBytes: number;
  /** SHA-256 of everything behind the header, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Size of the header. */
export const HEADER_BYTES = 128;

const MAGIC = "SHEEPTOK";
const VERSION = 1;
const OFFSET_BYTES = 8;
const MAX_VOCAB_SIZE = 2 ** 31;

/** Bytes a token takes in a file of this vocabulary. */
export function tokenBytesFor(vocabSize: number): 2 | 4 {
  return vocabSize <= 0x10000 ? 2 : 4;
}

/** Position of the first document offset. */
export function offsetsStart(header: Pick<TokenFileHeader, "numTokens" | "tokenBytes">): number {
  return HEADER_BYTES + Math.ceil(header.numTokens * header.tokenBytes / 8) * 8;
}

/** The header's bytes. */
export function formatHeader(header: TokenFileHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto(MAGIC, bytes);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.tokenBytes, true);
  view.setUint32(16, header.vocabSize, true);
  view.setBigUint64(24, BigInt(header.numTokens), true);
  view.setBigUint64(32, BigInt(header.numDocuments), true);
  view.setBigUint64(40, BigInt(header.textBytes), true);
  for (let at = 0; at < 32; at++) bytes[48 + at] = parseInt(header.sha256.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/**
 * Reads and checks a header.
 *
 * @param bytes - the beginning of the file
 * @param options.path - named in a message
 * @param options.fileBytes - size of the file, which must be what the header implies
 * @throws {UsageError} when the file is no token file, or damaged
 */
export function parseHeader(
  bytes: Uint8Array,
  options: { readonly path: string; readonly fileBytes: number },
): TokenFileHeader {
  const refuse = (rule: string): never => {
    throw new UsageError(
      `Cannot use the token file ${options.path}: ${rule}; delete its folder and tokenize again`,
    );
  };
  if (bytes.length < HEADER_BYTES) {
    refuse(`it has ${options.fileBytes} bytes, a header alone takes ${HEADER_BYTES}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const count = (at: number): number => Number(view.getBigUint64(at, true));
  const magic = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  if (magic !== MAGIC) refuse(`it does not start with ${MAGIC}`);
  const version = view.getUint32(8, true);
  if (version !== VERSION) refuse(`its version is ${version}, this program reads ${VERSION}`);
  const vocabSize = view.getUint32(16, true);
  const tokenBytes = view.getUint32(12, true);
  if (vocabSize < 1 || vocabSize > MAX_VOCAB_SIZE) refuse(`its vocabulary size is ${vocabSize}`);
  if (tokenBytes !== 2 && tokenBytes !== 4 || tokenBytes < tokenBytesFor(vocabSize)) {
    return refuse(`its ${tokenBytes} bytes a token do not suit ${vocabSize} ids`);
  }
  const header = {
    tokenBytes,
    vocabSize,
    numTokens: count(24),
    numDocuments: count(32),
    textBytes: count(40),
    sha256: Array.from(bytes.subarray(48, 80), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  } as const;
  const expected = offsetsStart(header) + header.numDocuments * OFFSET_BYTES;
  if (expected !== options.fileBytes) {
    refuse(`it has ${options.fileBytes} bytes, its header speaks of ${expected}`);
  }
  return header;
}
