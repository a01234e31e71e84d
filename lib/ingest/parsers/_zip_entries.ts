// The entries of a ZIP archive, read one at a time from the central directory, with every size measured and none believed.
// Knows nothing of office formats. Nothing is written, so a hostile name can only mislead; it is refused all the same.

import { BOMB, DAMAGED, isBomb, type PlacedEntry, readDirectory, type ZipEntry } from "./_zip_directory.ts";
import { ParseFailure } from "./parser.ts";

/** How much an archive may hold. */
export interface ZipLimits {
  /** Bytes of all entries together, unpacked; default 1 GiB. */
  readonly maxTotalBytes?: number;
  /** Entries in the archive; default 65,536. */
  readonly maxEntries?: number;
}

/** An open archive. */
export interface ZipEntries {
  /** Every entry, in the order of the central directory, those with a `refusal` too. */
  readonly entries: readonly ZipEntry[];
  /**
   * Unpacks an entry piece by piece; what was taken counts for the total of the archive.
   *
   * @throws {ParseFailure} when the entry is refused, damaged or larger than the limits
   */
  stream(entry: ZipEntry): Generator<Uint8Array>;
  /**
   * Unpacks an entry.
   *
   * @param maxBytes - its own limit besides those of the archive
   * @throws {ParseFailure} as `stream`
   */
  read(entry: ZipEntry, maxBytes?: number): Uint8Array;
}

/** fflate unpacks at most 1,032 times what it is handed at once: 4 MiB. */
const PIECE_BYTES = 4096;
/** A stored block has up to 16 pieces; what stands behind the last block would only be piled up. */
const MAX_SILENT_PIECES = 64;
const DEFAULT_TOTAL_BYTES = 2 ** 30;
const DEFAULT_ENTRIES = 65_536;
const TOO_LARGE = "ZIP archive: unpacked size above the limit";

/**
 * Opens an archive and checks its directory; no entry is unpacked yet.
 *
 * An entry that is encrypted, has a name that leaves its folder, is a link, is packed in an unknown way or claims to expand
 * more than 100 times gets a `refusal`; the others can be read.
 *
 * @param bytes - the whole archive
 * @throws {ParseFailure} when there is no directory, entries overlap, or there are more of them or larger ones than allowed
 */
export async function openZip(bytes: Uint8Array, limits: ZipLimits = {}): Promise<ZipEntries> {
  const { maxTotalBytes = DEFAULT_TOTAL_BYTES, maxEntries = DEFAULT_ENTRIES } = limits;
  const { Inflate } = await import("npm:fflate@0.8.3");
  const placed = readDirectory(bytes, maxEntries);
  const readable = placed.filter((entry) => entry.refusal === undefined);
  if (readable.reduce((sum, entry) => sum + entry.sizeBytes, 0) > maxTotalBytes) {
    throw new ParseFailure("failed", TOO_LARGE);
  }
  const places = new Map<ZipEntry, PlacedEntry>(placed.map((entry) => [entry, entry]));
  let total = 0;

  function* stream(entry: ZipEntry): Generator<Uint8Array> {
    const place = places.get(entry);
    if (place === undefined) throw new Error("Internal: a ZIP entry of another archive");
    if (place.refusal !== undefined) throw new ParseFailure("failed", place.refusal);
    const packed = bytes.subarray(place.dataStart, place.dataStart + place.packedBytes);
    let size = 0;
    let crc = 0;
    for (const piece of place.method === 0 ? [packed] : inflate(packed, Inflate)) {
      size += piece.length;
      total += piece.length;
      if (isBomb(size, place.packedBytes) || isBomb(total, bytes.length)) {
        throw new ParseFailure("failed", BOMB);
      }
      if (total > maxTotalBytes) throw new ParseFailure("failed", TOO_LARGE);
      crc = crc32(piece, crc);
      yield piece;
    }
    if (size !== place.sizeBytes || crc !== place.crc) throw new ParseFailure("failed", DAMAGED);
  }

  return {
    entries: placed,
    stream,
    read: (entry, maxBytes) => join(stream(entry), maxBytes ?? maxTotalBytes),
  };
}

function join(pieces: Iterable<Uint8Array>, maxBytes: number): Uint8Array {
  const kept: Uint8Array[] = [];
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    if (size > maxBytes) throw new ParseFailure("failed", TOO_LARGE);
    kept.push(piece);
  }
  if (kept.length === 1) return kept[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of kept) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

type InflateClass = typeof import("npm:fflate@0.8.3").Inflate;

/** Unpacks as little at a time as the caller asks for, so that a bomb is never unpacked as a whole. */
function* inflate(packed: Uint8Array, Inflate: InflateClass): Generator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const inflater = new Inflate((piece) => void pieces.push(piece));
  let silent = 0;
  for (let at = 0; at < packed.length; at += PIECE_BYTES) {
    const end = Math.min(at + PIECE_BYTES, packed.length);
    try {
      inflater.push(packed.subarray(at, end), end === packed.length);
    } catch (cause) {
      throw new ParseFailure("failed", DAMAGED, { cause });
    }
    silent = pieces.some((piece) => piece.length > 0) ? 0 : silent + 1;
    if (silent === MAX_SILENT_PIECES) throw new ParseFailure("failed", DAMAGED);
    yield* pieces;
    pieces.length = 0;
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** CRC-32 of ISO 3309, continued from that of the bytes before. */
function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[at]) & 255];
  return ~crc >>> 0;
}
