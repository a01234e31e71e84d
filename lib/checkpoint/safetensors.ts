// Tensors in a safetensors file: an 8-byte header length, a JSON header, then the raw little-endian numbers.
// Knows nothing of checkpoints or models. Reads one tensor at a time by its byte range, never the whole file.
// Format: https://github.com/huggingface/safetensors#format

import { UsageError } from "../common/errors.ts";
import { writeDurableFile, type WrittenFile } from "./_durable_file.ts";
import {
  METADATA_KEY,
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  SafetensorsHeaderError,
} from "./_safetensors_header.ts";

/** A tensor as it is stored: F32 or U32. */
export interface StoredTensor {
  /** Any text but `__metadata__`. */
  readonly name: string;
  /** Dimensions, row-major. */
  readonly shape: readonly number[];
  /** The elements in row-major order, as many as the shape's product. */
  readonly data: Float32Array | Uint32Array;
}

const LENGTH_BYTES = 8;
// The reference implementation allows 100 MB; 16 MB are enough for 100,000 tensors and take under a second.
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/**
 * Writes tensors to a new file and syncs it. The same tensors give the same bytes.
 *
 * @param path - must not exist
 * @param tensors - written in this order
 * @param options.metadata - free texts for the header
 * @returns size and SHA-256 of the file
 * @throws {RangeError} when two tensors share a name or a shape does not fit its data
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly StoredTensor[],
  options: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<WrittenFile> {
  const header = formatHeader(tensors, options.metadata);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return await writeDurableFile(path, [length, header, ...tensors.map(({ data }) => bytesOf(data))]);
}

/** Bytes a file of these tensors takes. */
export function safetensorsSize(tensors: readonly StoredTensor[]): number {
  let size = LENGTH_BYTES + formatHeader(tensors).length;
  for (const { data } of tensors) size += data.byteLength;
  return size;
}

/**
 * Opens a file and checks its header against every rule of the format.
 *
 * @param path - a regular file, possibly damaged or hostile
 * @throws {UsageError} naming the broken rule
 *
 * @example
 * ```ts ignore
 * using file = openSafetensors("model.safetensors");
 * const { shape, data } = file.read("token_embedding");
 * ```
 */
export function openSafetensors(path: string): SafetensorsFile {
  const file = openRegularFile(path);
  try {
    const sizeBytes = file.statSync().size;
    const headerBytes = readHeaderLength({ file, path, sizeBytes });
    const header = new Uint8Array(headerBytes);
    readFully({ file, path, position: LENGTH_BYTES }, header);
    const dataStart = LENGTH_BYTES + headerBytes;
    return new SafetensorsFile({ file, path, dataStart, header: parse(path, header, sizeBytes - dataStart) });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** An open file whose header has been checked. Made by `openSafetensors()`. */
export class SafetensorsFile implements Disposable {
  readonly path: string;
  /** By name, in the order of their bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #file: Deno.FsFile;
  readonly #dataStart: number;

  constructor(parts: { file: Deno.FsFile; path: string; dataStart: number; header: SafetensorsHeader }) {
    this.path = parts.path;
    this.entries = new Map(parts.header.entries.map((entry) => [entry.name, entry]));
    this.metadata = parts.header.metadata;
    this.#file = parts.file;
    this.#dataStart = parts.dataStart;
  }

  /**
   * Reads one tensor.
   *
   * @throws {UsageError} when there is no such tensor or its type is neither F32 nor U32
   */
  read(name: string): StoredTensor {
    const entry = this.entries.get(name);
    if (!entry) fail(this.path, `it holds no tensor ${JSON.stringify(name)}`);
    const { dtype, shape, begin, end } = entry;
    if (dtype !== "F32" && dtype !== "U32") {
      fail(
        this.path,
        `tensor ${JSON.stringify(name)} is ${dtype}; only F32 and U32 are read, convert it`,
      );
    }
    const bytes = new Uint8Array(end - begin);
    readFully({ file: this.#file, path: this.path, position: this.#dataStart + begin }, bytes);
    const data = dtype === "F32" ? new Float32Array(bytes.buffer) : new Uint32Array(bytes.buffer);
    return { name, shape, data };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function formatHeader(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const fields = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) fields.set(METADATA_KEY, metadata);
  let begin = 0;
  for (const { name, shape, data } of tensors) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (count !== data.length) {
      throw new RangeError(
        `Cannot store tensor ${name}: shape [${shape}] does not hold ${data.length} elements`,
      );
    }
    if (fields.has(name) || name === METADATA_KEY) {
      throw new RangeError(`Cannot store tensor ${name}: the name is taken`);
    }
    const end = begin + data.byteLength;
    fields.set(name, {
      dtype: data instanceof Float32Array ? "F32" : "U32",
      shape,
      data_offsets: [begin, end],
    });
    begin = end;
  }
  const members = Array.from(fields, ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  // spaces, so that the data begins at a multiple of 8 bytes
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function openRegularFile(path: string): Deno.FsFile {
  try {
    // opening a pipe would wait for ever
    if (!Deno.statSync(path).isFile) fail(path, "it is not a file");
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) fail(path, "there is no such file");
    throw error;
  }
}

function readHeaderLength(source: { file: Deno.FsFile; path: string; sizeBytes: number }): number {
  const { path, sizeBytes } = source;
  if (sizeBytes < LENGTH_BYTES) fail(path, `it has ${sizeBytes} bytes, a safetensors file at least 8`);
  const bytes = new Uint8Array(LENGTH_BYTES);
  readFully({ ...source, position: 0 }, bytes);
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (length === 0n) fail(path, "its header length is 0");
  if (length > BigInt(sizeBytes - LENGTH_BYTES)) {
    fail(path, `its header length is ${length} bytes but only ${sizeBytes - LENGTH_BYTES} follow`);
  }
  if (length > MAX_HEADER_BYTES) {
    fail(path, `its header length is ${length} bytes, at most ${MAX_HEADER_BYTES} are read`);
  }
  return Number(length);
}

function parse(path: string, header: Uint8Array, dataBytes: number): SafetensorsHeader {
  try {
    return parseSafetensorsHeader(header, dataBytes);
  } catch (error) {
    if (error instanceof SafetensorsHeaderError) fail(path, error.message);
    throw error;
  }
}

function readFully(from: { file: Deno.FsFile; path: string; position: number }, out: Uint8Array): void {
  from.file.seekSync(from.position, Deno.SeekMode.Start);
  for (let done = 0; done < out.length;) {
    const count = from.file.readSync(out.subarray(done));
    if (count === null) fail(from.path, "it became shorter while it was read");
    done += count;
  }
}

function bytesOf(data: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function fail(path: string, reason: string): never {
  throw new UsageError(`Cannot read ${path} as safetensors: ${reason}`);
}
