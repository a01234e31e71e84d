// The central directory of a ZIP archive: names, sizes and places of its entries, and which of them will not be read.
// Unpacks nothing. Format: APPNOTE.TXT of PKWARE; overlapping entries: https://www.bamsoftware.com/hacks/zipbomb/.

import { ParseFailure } from "./parser.ts";

/** An entry as the central directory tells it. */
export interface ZipEntry {
  /** Path in the archive, as it stands there. */
  readonly name: string;
  /** Whether it is a folder, which has no content. */
  readonly isFolder: boolean;
  /** Unpacked bytes, as claimed. */
  readonly sizeBytes: number;
  /** Packed bytes. */
  readonly packedBytes: number;
  /** Why it will not be read, in words that are equal for equal causes. */
  readonly refusal?: string;
}

/** An entry with what it takes to unpack it. */
export interface PlacedEntry extends ZipEntry {
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** CRC-32 of the unpacked bytes. */
  readonly crc: number;
  /** First byte of the local header. */
  readonly start: number;
  /** First packed byte. */
  readonly dataStart: number;
}

/** Unpacked over packed bytes. Prose packs 3 to 5 times, tables of an office file up to 50 times. */
const MAX_RATIO = 100;
/** What may unpack at any ratio: a blank page of a few kB is no bomb. */
const HARMLESS_BYTES = 1 << 20;
/** Reason: unpacks to far too much. */
export const BOMB = "zip bomb: expands more than 100 times";
/** Reason: not as the format says. */
export const DAMAGED = "damaged ZIP archive";
const ENCRYPTED = "encrypted: a password is needed";

/** Where the central directory is. */
interface Directory {
  readonly count: number;
  readonly start: number;
  readonly end: number;
  /** Bytes before the archive, such as the program of a self-extracting one. */
  readonly shift: number;
}

/**
 * Reads the entries of an archive; none of them is unpacked.
 *
 * @param bytes - the whole archive
 * @throws {ParseFailure} when there is no directory, entries overlap, or there are more of them than allowed
 */
export function readDirectory(bytes: Uint8Array, maxEntries: number): PlacedEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = findDirectory(view);
  if (directory === undefined) throw new ParseFailure("failed", DAMAGED);
  const entries: PlacedEntry[] = [];
  let at = directory.start;
  while (at + 46 <= directory.end && view.getUint32(at, true) === 0x02014b50) {
    if (entries.length === maxEntries) throw new ParseFailure("failed", "ZIP archive: too many entries");
    const next = at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
    if (next > directory.end) throw new ParseFailure("failed", DAMAGED);
    entries.push(readEntry(view, at, directory));
    at = next;
  }
  // the count has 16 bits in small archives
  if ((entries.length & 0xffff) !== (directory.count & 0xffff)) throw new ParseFailure("failed", DAMAGED);
  refuseOverlaps(entries);
  return entries;
}

/** Whether so much may not come out of so little. */
export function isBomb(sizeBytes: number, packedBytes: number): boolean {
  return sizeBytes > HARMLESS_BYTES && sizeBytes > MAX_RATIO * packedBytes;
}

/** The end record stands before a comment of at most 65,535 bytes; the last one that fits is the right one. */
function findDirectory(view: DataView): Directory | undefined {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    if (at + 22 + view.getUint16(at + 20, true) > view.byteLength) continue;
    const large = findLargeDirectory(view, at);
    const end = large?.at ?? at;
    const { count, size, offset } = large ?? {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const start = end - size;
    if (start < 0 || offset > start) continue;
    return { count, start, end, shift: start - offset };
  }
  return undefined;
}

/** The end record with 64-bit fields, named by a locator before the small one. */
function findLargeDirectory(
  view: DataView,
  end: number,
): { at: number; count: number; size: number; offset: number } | undefined {
  const locator = end - 20;
  if (locator < 56 || view.getUint32(locator, true) !== 0x07064b50) return undefined;
  const at = locator - 56; // its usual length; the offset of the locator is wrong when bytes stand before the archive
  if (view.getUint32(at, true) !== 0x06064b50) return undefined;
  return {
    at,
    count: getUint64(view, at + 32),
    size: getUint64(view, at + 40),
    offset: getUint64(view, at + 48),
  };
}

function readEntry(view: DataView, at: number, directory: Directory): PlacedEntry {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extra = { start: nameEnd, end: nameEnd + view.getUint16(at + 30, true) };
  const name = decodeName(bytesOf(view, at + 46, nameEnd), (flags & 0x800) !== 0);
  const fields = readSizes(view, at, extra);
  const start = fields.offset + directory.shift;
  if (start + 30 > directory.start || view.getUint32(start, true) !== 0x04034b50) {
    throw new ParseFailure("failed", DAMAGED);
  }
  const dataStart = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (dataStart + fields.packedBytes > directory.start) throw new ParseFailure("failed", DAMAGED);
  const isUnix = view.getUint8(at + 5) === 3;
  const isLink = isUnix && (view.getUint32(at + 38, true) >>> 28) === 0xa;
  const isFolder = name.endsWith("/");
  const { sizeBytes, packedBytes } = fields;
  const refusal = isLink
    ? "ZIP archive: a link"
    : findRefusal({ name, flags, method, sizeBytes, packedBytes });
  return {
    name,
    isFolder,
    sizeBytes,
    packedBytes,
    ...(refusal === undefined ? {} : { refusal }),
    method,
    crc: view.getUint32(at + 16, true),
    start,
    dataStart,
  };
}

/** Sizes and place; those that do not fit in 32 bits stand in the extra field 1, in this order. */
function readSizes(
  view: DataView,
  at: number,
  extra: { readonly start: number; readonly end: number },
): { sizeBytes: number; packedBytes: number; offset: number } {
  let large = extra.end;
  let largeEnd = extra.end;
  for (let field = extra.start; field + 4 <= extra.end;) {
    const end = field + 4 + view.getUint16(field + 2, true);
    if (end > extra.end) break;
    if (view.getUint16(field, true) === 1) [large, largeEnd] = [field + 4, end];
    field = end;
  }
  const read = (place: number): number => {
    const small = view.getUint32(place, true);
    if (small !== 0xffffffff || large + 8 > largeEnd) return small;
    large += 8;
    return getUint64(view, large - 8);
  };
  const sizeBytes = read(at + 24);
  const packedBytes = read(at + 20);
  return { sizeBytes, packedBytes, offset: read(at + 42) };
}

function findRefusal(
  entry: { name: string; flags: number; method: number; sizeBytes: number; packedBytes: number },
): string | undefined {
  const { name, flags, method, sizeBytes, packedBytes } = entry;
  const isOutside = name.split(/[/\\]/).includes("..") || /^(?:[/\\]|[a-z]:)/i.test(name) ||
    name.includes("\0");
  if (isOutside) return "ZIP archive: a name that leaves its folder";
  if ((flags & 0x2041) !== 0) return ENCRYPTED;
  if (method !== 0 && method !== 8) return "ZIP archive: unknown packing method";
  if (method === 0 && sizeBytes !== packedBytes) return DAMAGED;
  return isBomb(sizeBytes, packedBytes) ? BOMB : undefined;
}

/** Entries that share packed bytes unpack to far more than the archive holds. */
function refuseOverlaps(entries: readonly PlacedEntry[]): void {
  const inOrder = entries.toSorted((a, b) => a.start - b.start);
  for (let at = 1; at < inOrder.length; at++) {
    const before = inOrder[at - 1];
    if (inOrder[at].start < before.dataStart + before.packedBytes) {
      throw new ParseFailure("failed", "ZIP archive: entries overlap");
    }
  }
}

/** Characters 128 to 255 of code page 437, which names have that do not say they are UTF-8. */
const CODE_PAGE_437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

function decodeName(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    // many programs write UTF-8 without saying so, and names in another code page are hardly ever valid UTF-8
    return new TextDecoder("utf-8", { fatal: !isUtf8 }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => byte < 128 ? String.fromCharCode(byte) : CODE_PAGE_437[byte - 128])
      .join("");
  }
}

function bytesOf(view: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

function getUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
