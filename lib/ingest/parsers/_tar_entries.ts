// The entries of a tar archive, one after another, in the forms that are about: ustar, pax and GNU's long names. Holds
// one entry in memory at a time and believes no size before the bytes are there.
// Format: POSIX.1-2024 pax, "ustar interchange format"; GNU tar manual, "Basic tar format".

import { ParseFailure } from "./parser.ts";

/** Reason of a tar file that is not as the format says, or ends early. */
export const DAMAGED_TAR = "damaged tar archive";

/** What an entry is. */
export type TarEntryType =
  | "file"
  | "folder"
  | "hard link"
  | "symbolic link"
  | "device"
  | "named pipe"
  | "other";

/** An entry. */
export interface TarEntry {
  /** Path in the archive as it stands there. */
  readonly name: string;
  readonly type: TarEntryType;
  /** Bytes of its content. */
  readonly sizeBytes: number;
  /** The content; it is passed by unread unless it is asked for before the next entry. */
  read(): Promise<Uint8Array>;
}

const BLOCK_BYTES = 512;
/** Names and other records about an entry. */
const MAX_RECORD_BYTES = 1 << 20;
const TYPES: Readonly<Record<string, TarEntryType>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "hard link",
  "2": "symbolic link",
  "3": "device",
  "4": "device",
  "5": "folder",
  "6": "named pipe",
};

/** What the records before an entry say about it. */
interface Records {
  path?: string;
  size?: number;
  isSparse?: boolean;
}

/**
 * Yields the entries of an archive.
 *
 * @param pieces - the archive, unpacked
 * @throws {ParseFailure} where it is damaged or ends early; the entries before have been given
 */
export async function* readTar(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<TarEntry> {
  const source = new ByteSource(pieces);
  let records: Records = {};
  for (;;) {
    const header = await source.readHeader();
    // an end without the two empty blocks is usual where archives are cut or glued together
    if (header === undefined || header.every((byte) => byte === 0)) return await source.passRest();
    checkHeader(header);
    const flag = String.fromCharCode(header[156]);
    const size = flag === "1" || flag === "2" ? 0 : readNumber(header, 124);
    if ("xgLK".includes(flag)) {
      if (size > MAX_RECORD_BYTES) throw damaged();
      const bytes = await source.read(size);
      await source.skip(padding(size));
      if (flag === "x") records = { ...records, ...readPax(bytes) };
      if (flag === "L") records.path = readText(bytes);
      continue;
    }
    const sizeBytes = records.size ?? size;
    let left = sizeBytes;
    const type = records.isSparse || flag === "S" ? "other" : TYPES[flag] ?? "other";
    const name = records.path ?? readName(header);
    records = {};
    const read = async (): Promise<Uint8Array> => {
      const bytes = await source.read(left);
      left = 0;
      return bytes;
    };
    yield { name, type: type === "file" && name.endsWith("/") ? "folder" : type, sizeBytes, read };
    await source.skip(left + padding(sizeBytes));
  }
}

/** Bytes of a stream, so many at a time. */
class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#pieces = Symbol.asyncIterator in pieces
      ? pieces[Symbol.asyncIterator]()
      : pieces[Symbol.iterator]();
  }

  /** The next block, undefined at the end. */
  async readHeader(): Promise<Uint8Array | undefined> {
    while (this.#held.length === 0) {
      if (!await this.#advance()) return undefined;
    }
    return await this.read(BLOCK_BYTES);
  }

  async read(count: number): Promise<Uint8Array> {
    if (count <= this.#held.length) return this.#take(count);
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < count) {
      if (this.#held.length === 0 && !await this.#advance()) throw damaged();
      const part = this.#take(Math.min(count - length, this.#held.length));
      parts.push(part);
      length += part.length;
    }
    const all = new Uint8Array(count);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      if (this.#held.length === 0 && !await this.#advance()) throw damaged();
      left -= this.#take(Math.min(left, this.#held.length)).length;
    }
  }

  /** Passes by what is left, so that a check sum at the end is met. */
  async passRest(): Promise<void> {
    while (await this.#advance());
  }

  #take(count: number): Uint8Array {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  async #advance(): Promise<boolean> {
    const { value, done } = await this.#pieces.next();
    if (!done) this.#held = value;
    return !done;
  }
}

/** The sum of all bytes, with the sum's own place counted as blanks; some programs took bytes as signed. */
function checkHeader(header: Uint8Array): void {
  let unsigned = 0, signed = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : header[at];
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const stored = readNumber(header, 148);
  if (stored !== unsigned && stored !== signed) throw damaged();
}

/** Octal digits, or where the first bit is set a number of base 256, as of GNU tar for large sizes. */
function readNumber(header: Uint8Array, at: number): number {
  const end = at + (at === 124 ? 12 : 8);
  if (header[at] & 0x80) {
    let value = header[at] & 0x7f;
    for (let index = at + 1; index < end; index++) value = value * 256 + header[index];
    if (!Number.isSafeInteger(value)) throw damaged();
    return value;
  }
  const digits = decode(header.subarray(at, end)).replace(/\0[^]*$/, "").trim();
  if (!/^[0-7]*$/.test(digits)) throw damaged();
  return digits === "" ? 0 : parseInt(digits, 8);
}

function readName(header: Uint8Array): string {
  const name = readText(header.subarray(0, 100));
  const isUstar = decode(header.subarray(257, 263)) === "ustar\0";
  const prefix = isUstar ? readText(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records of the form `length key=value\n`; the length counts the bytes of the whole record. */
function readPax(bytes: Uint8Array): Records {
  const records: Records = {};
  for (let at = 0; at < bytes.length;) {
    const length = /^\d{1,7}(?= )/.exec(decode(bytes.subarray(at, at + 8)))?.[0];
    if (length === undefined || Number(length) <= length.length) break;
    const record = decode(bytes.subarray(at + length.length + 1, at + Number(length) - 1));
    const [, key, value] = /^([^=]*)=?([^]*)$/.exec(record)!;
    if (key === "path") records.path = value;
    if (key === "size" && /^\d{1,15}$/.test(value)) records.size = Number(value);
    if (key.startsWith("GNU.sparse.")) records.isSparse = true;
    at += Number(length);
  }
  return records;
}

function readText(bytes: Uint8Array): string {
  return decode(bytes).replace(/\0[^]*$/, "");
}

/** UTF-8, or each byte a character where it is none. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function padding(size: number): number {
  return (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
}

function damaged(): ParseFailure {
  return new ParseFailure("failed", DAMAGED_TAR);
}
