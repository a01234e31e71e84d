// Reads token files by range: a corpus of any size trains in the memory of one batch. The first read of a
// damaged file fails with its place in it; verifyTokenFile() looks at every byte.

import { createHash } from "node:crypto";
import { UsageError } from "../common/errors.ts";
import { HEADER_BYTES, offsetsStart, parseHeader, type TokenFileHeader } from "./token_file_header.ts";

/** An open token file. */
export interface TokenFile extends Disposable {
  /** Path it was opened by. */
  readonly path: string;
  /** Tokens, with one end-of-text a document. */
  readonly numTokens: number;
  /** Documents, each ended by an end-of-text. */
  readonly numDocuments: number;
  /** Number of ids; every token is below it. */
  readonly vocabSize: number;
  /** UTF-8 bytes of the text, for the loss in bits per byte. */
  readonly textBytes: number;
  /** SHA-256 of everything behind the header. */
  readonly sha256: string;
  /**
   * Fills `out` with the tokens from `offset` on.
   *
   * @throws {RangeError} when they are not all inside the file
   * @throws {UsageError} when one of them is not in the vocabulary, naming its position
   */
  read(offset: number, out: Uint32Array): void;
  /**
   * Index of the first token of a document.
   *
   * @throws {RangeError} when there is no such document
   */
  documentStart(document: number): number;
}

const VERIFY_TOKENS = 1 << 19;

/**
 * Opens a token file and checks its header and its size.
 *
 * @param path - written by {@linkcode openTokenFileWriter}
 * @throws {UsageError} when it is missing, no token file, or of the wrong size
 */
export function openTokenFile(path: string): TokenFile {
  const file = openFile(path);
  try {
    const bytes = new Uint8Array(HEADER_BYTES);
    const size = readAt(file, { position: 0, bytes });
    const header = parseHeader(bytes.subarray(0, size), { path, fileBytes: file.statSync().size });
    const { numTokens, numDocuments, vocabSize, textBytes, sha256 } = header;
    let scratch = new Uint8Array();
    return {
      path,
      numTokens,
      numDocuments,
      vocabSize,
      textBytes,
      sha256,
      read(offset, out): void {
        const needed = out.length * header.tokenBytes;
        if (scratch.length < needed) scratch = new Uint8Array(needed);
        readTokens({ path, file, header, bytes: scratch.subarray(0, needed) }, { offset, out });
      },
      documentStart: (document) => readStart({ path, file, header, bytes: new Uint8Array(8) }, document),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Reads a whole token file once: every id is in the vocabulary, and the bytes have the SHA-256 of the header.
 *
 * @param path - the file
 * @throws {UsageError} naming the file and the first position that is wrong
 */
export function verifyTokenFile(path: string): void {
  using tokens = openTokenFile(path);
  const ids = new Uint32Array(VERIFY_TOKENS);
  for (let at = 0; at < tokens.numTokens; at += ids.length) {
    tokens.read(at, ids.subarray(0, Math.min(ids.length, tokens.numTokens - at)));
  }
  using file = openFile(path);
  const hash = createHash("sha256");
  const bytes = new Uint8Array(4 * VERIFY_TOKENS);
  let position = HEADER_BYTES;
  for (let size = 1; size > 0; position += size) {
    size = readAt(file, { position, bytes });
    hash.update(bytes.subarray(0, size));
  }
  const digest = hash.digest("hex");
  if (digest !== tokens.sha256) {
    throw damaged(path, `its SHA-256 is ${digest.slice(0, 12)}..., not ${tokens.sha256.slice(0, 12)}...`);
  }
}

interface OpenFile {
  readonly path: string;
  readonly file: Deno.FsFile;
  readonly header: TokenFileHeader;
  /** Room for the bytes of one read. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function readTokens(source: OpenFile, range: { readonly offset: number; readonly out: Uint32Array }): void {
  const { path, file, header, bytes } = source;
  const { offset, out } = range;
  if (!(Number.isInteger(offset) && offset >= 0 && offset + out.length <= header.numTokens)) {
    throw new RangeError(
      `Cannot read ${out.length} tokens at ${offset} of ${path}: it holds ${header.numTokens}`,
    );
  }
  const size = readAt(file, { position: HEADER_BYTES + offset * header.tokenBytes, bytes });
  if (size < bytes.length) throw damaged(path, `it ends inside the tokens from ${offset} on`);
  out.set(
    header.tokenBytes === 2
      ? new Uint16Array(bytes.buffer, 0, out.length)
      : new Uint32Array(bytes.buffer, 0, out.length),
  );
  for (let at = 0; at < out.length; at++) {
    if (out[at] >= header.vocabSize) {
      throw damaged(path, `token ${out[at]} at position ${offset + at} is not below ${header.vocabSize}`);
    }
  }
}

function readStart(source: OpenFile, document: number): number {
  const { path, file, header, bytes } = source;
  if (!(Number.isInteger(document) && document >= 0 && document < header.numDocuments)) {
    throw new RangeError(`Cannot find document ${document} of ${path}: it holds ${header.numDocuments}`);
  }
  readAt(file, { position: offsetsStart(header) + 8 * document, bytes });
  const start = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  if (start < header.numTokens) return start;
  throw damaged(path, `document ${document} starts at token ${start} of ${header.numTokens}`);
}

function openFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`Cannot use the token file ${path}: no such file; tokenize the data first`, {
      cause: error,
    });
  }
}

/** Fills `bytes` from a position on; gives how many there were. */
function readAt(file: Deno.FsFile, range: { readonly position: number; readonly bytes: Uint8Array }): number {
  const { position, bytes } = range;
  file.seekSync(position, Deno.SeekMode.Start);
  let size = 0;
  while (size < bytes.length) {
    const count = file.readSync(bytes.subarray(size));
    if (count === null) break;
    size += count;
  }
  return size;
}

function damaged(path: string, rule: string): UsageError {
  return new UsageError(`Cannot use the token file ${path}: ${rule}; delete its folder and tokenize again`);
}
