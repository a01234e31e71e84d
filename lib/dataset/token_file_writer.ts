// Writes a token file document by document. The file appears under its name when it is finished, not before.

import { createHash, type Hash } from "node:crypto";
import { formatHeader, HEADER_BYTES, tokenBytesFor, type TokenFileHeader } from "./token_file_header.ts";

/** Appends documents to a token file; disposing without `finish()` removes what was written. */
export interface TokenFileWriter extends Disposable {
  /**
   * Appends a document and the end-of-text id behind it.
   *
   * @param ids - of the document, each below `vocabSize`
   * @param textBytes - UTF-8 bytes of its text
   * @throws {RangeError} when an id is not in the vocabulary
   */
  write(ids: Uint32Array, textBytes: number): void;
  /** Writes the document offsets and the header, and gives the file its name. */
  finish(): TokenFileHeader;
}

const BUFFER_BYTES = 1 << 20;

interface State {
  readonly path: string;
  readonly file: Deno.FsFile;
  readonly hash: Hash;
  readonly vocabSize: number;
  readonly endOfTextId: number;
  readonly starts: number[];
  /** Bytes that are not written yet, `buffered` of them: a document may be a few bytes long. */
  readonly buffer: Uint8Array;
  buffered: number;
  numTokens: number;
  textBytes: number;
  isOpen: boolean;
}

/**
 * Opens a token file for writing.
 *
 * @param path - replaced when the writer finishes
 * @param options.vocabSize - number of ids
 * @param options.endOfTextId - written behind every document
 */
export function openTokenFileWriter(
  path: string,
  options: { readonly vocabSize: number; readonly endOfTextId: number },
): TokenFileWriter {
  const state: State = {
    path,
    file: Deno.openSync(`${path}.part`, { create: true, write: true, truncate: true }),
    hash: createHash("sha256"),
    ...options,
    starts: [],
    buffer: new Uint8Array(BUFFER_BYTES),
    buffered: 0,
    numTokens: 0,
    textBytes: 0,
    isOpen: true,
  };
  writeAll(state.file, new Uint8Array(HEADER_BYTES));
  return {
    write: (ids, textBytes) => writeDocument(state, { ids, textBytes }),
    finish: () => finishFile(state),
    [Symbol.dispose](): void {
      if (!state.isOpen) return;
      state.isOpen = false;
      state.file.close();
      Deno.removeSync(`${path}.part`);
    },
  };
}

function writeDocument(
  state: State,
  document: { readonly ids: Uint32Array; readonly textBytes: number },
): void {
  const { ids, textBytes } = document;
  const { vocabSize } = state;
  const width = tokenBytesFor(vocabSize);
  const tokens = width === 2 ? new Uint16Array(ids.length + 1) : new Uint32Array(ids.length + 1);
  for (let at = 0; at < ids.length; at++) {
    if (ids[at] >= vocabSize) {
      throw new RangeError(
        `Cannot write token ${ids[at]} at position ${at}: the vocabulary has ${vocabSize} ids`,
      );
    }
    tokens[at] = ids[at];
  }
  tokens[ids.length] = state.endOfTextId;
  state.starts.push(state.numTokens);
  append(state, new Uint8Array(tokens.buffer));
  state.numTokens += tokens.length;
  state.textBytes += textBytes;
}

function finishFile(state: State): TokenFileHeader {
  const { path, file, vocabSize, numTokens, textBytes, starts } = state;
  const tokenBytes = tokenBytesFor(vocabSize);
  append(state, new Uint8Array((8 - numTokens * tokenBytes % 8) % 8));
  append(state, new Uint8Array(BigUint64Array.from(starts, BigInt).buffer));
  flush(state);
  const header: TokenFileHeader = {
    tokenBytes,
    vocabSize,
    numTokens,
    numDocuments: starts.length,
    textBytes,
    sha256: state.hash.digest("hex"),
  };
  file.seekSync(0, Deno.SeekMode.Start);
  writeAll(file, formatHeader(header));
  file.syncSync();
  file.close();
  state.isOpen = false;
  Deno.renameSync(`${path}.part`, path);
  return header;
}

function append(state: State, bytes: Uint8Array): void {
  if (state.buffered + bytes.length > BUFFER_BYTES) flush(state);
  if (bytes.length > BUFFER_BYTES) return write(state, bytes);
  state.buffer.set(bytes, state.buffered);
  state.buffered += bytes.length;
}

function flush(state: State): void {
  write(state, state.buffer.subarray(0, state.buffered));
  state.buffered = 0;
}

function write(state: State, bytes: Uint8Array): void {
  state.hash.update(bytes);
  writeAll(state.file, bytes);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
