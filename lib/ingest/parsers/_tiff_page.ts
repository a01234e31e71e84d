// The pages of a TIFF file, each as a file of its own that the recogniser reads: it only ever looks at the first page,
// and knows neither Deflate nor tiles. A page is the whole file with another first directory, which leaves all offsets
// as they are. Format: TIFF 6.0; JPEG in TIFF: Adobe Photoshop TIFF Technical Note 2.

import { inflateSync } from "node:zlib";
import { ParseFailure } from "./parser.ts";
import { readOrientation, TAG, type TiffDirectory, TiffReader } from "./_tiff_directory.ts";
import { joinJpegStrips } from "./_tiff_jpeg.ts";

/** One page. */
export interface TiffPage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** EXIF orientation that the image below does not carry itself; 1 is upright. */
  readonly orientation: number;
  /**
   * The page as a file of its own; valid until the next call for a page of the same file.
   *
   * @throws {ParseFailure} when it cannot be had
   */
  image(): Uint8Array;
}

const COMPRESSION = { none: 1, jpegOld: 6, jpeg: 7, deflate: 8, deflateOld: 32946 } as const;
/** Bit of the kind of a page: it is a smaller picture of another page. */
const REDUCED = 1;

/**
 * Lists the pages, without thumbnails. A chain of directories that bites its tail ends where it does.
 *
 * @param maxPages - so many at most
 * @throws {RangeError} when the file is damaged before its first page
 */
export function tiffPages(bytes: Uint8Array, maxPages: number): TiffPage[] {
  const reader = new TiffReader(bytes);
  const seen = new Set<number>();
  const pages: TiffPage[] = [];
  for (let offset = reader.first; offset !== 0 && !seen.has(offset) && pages.length < maxPages;) {
    seen.add(offset);
    const page = pageAt(reader, offset);
    if (!page.isReduced) pages.push(page);
    offset = page.next;
  }
  return pages;
}

function pageAt(reader: TiffReader, offset: number): TiffPage & { isReduced: boolean; next: number } {
  const directory = reader.directory(offset);
  // only a JPEG image leaves its directory behind
  const isJpeg = reader.number(directory, TAG.compression, COMPRESSION.none) === COMPRESSION.jpeg;
  return {
    width: reader.number(directory, TAG.width, 0),
    height: reader.number(directory, TAG.height, 0),
    orientation: isJpeg ? readOrientation(reader, directory) : 1,
    isReduced: (reader.number(directory, TAG.kind, 0) & REDUCED) !== 0,
    next: directory.next,
    image: () => readablePage(reader, directory, offset),
  };
}

function readablePage(reader: TiffReader, directory: TiffDirectory, offset: number): Uint8Array {
  if (directory.fields.has(TAG.tileWidth)) throw new ParseFailure("failed", "TIFF in tiles is not read");
  switch (reader.number(directory, TAG.compression, COMPRESSION.none)) {
    case COMPRESSION.jpegOld:
      throw new ParseFailure("failed", "TIFF with JPEG of the old kind is not read");
    case COMPRESSION.jpeg:
      return joinJpegStrips(reader, directory, strips(reader, directory));
    case COMPRESSION.deflate:
    case COMPRESSION.deflateOld:
      return inflatedPage(reader, directory);
    default:
      return withFirstDirectory(reader, offset);
  }
}

function withFirstDirectory(reader: TiffReader, offset: number): Uint8Array {
  if (offset === reader.first) return reader.bytes;
  const copy = reader.bytes.slice();
  new DataView(copy.buffer).setUint32(4, offset, reader.littleEndian);
  return copy;
}

/** The file with the page's rows, no longer compressed, and a directory for them at its end. */
function inflatedPage(reader: TiffReader, directory: TiffDirectory): Uint8Array {
  const rows = inflateStrips(reader, directory);
  // directories begin at even offsets
  const rowsAt = reader.bytes.length;
  const directoryAt = rowsAt + rows.length + ((rowsAt + rows.length) & 1);
  const fields = [...directory.fields.values()];
  const file = new Uint8Array(directoryAt + 2 + fields.length * 12 + 4);
  file.set(reader.bytes);
  file.set(rows, rowsAt);
  const view = new DataView(file.buffer);
  const changed: Readonly<Record<number, number>> = {
    [TAG.compression]: COMPRESSION.none,
    [TAG.predictor]: 1,
    [TAG.stripOffsets]: rowsAt,
    [TAG.stripByteCounts]: rows.length,
    [TAG.rowsPerStrip]: reader.number(directory, TAG.height, 0),
  };
  view.setUint32(4, directoryAt, reader.littleEndian);
  view.setUint16(directoryAt, fields.length, reader.littleEndian);
  fields.forEach(({ tag, entry }, i) => {
    const at = directoryAt + 2 + i * 12;
    file.set(reader.bytes.subarray(entry, entry + 12), at);
    if (!Object.hasOwn(changed, tag)) return;
    view.setUint16(at + 2, 4, reader.littleEndian);
    view.setUint32(at + 4, 1, reader.littleEndian);
    view.setUint32(at + 8, changed[tag], reader.littleEndian);
  });
  return file;
}

function inflateStrips(reader: TiffReader, directory: TiffDirectory): Uint8Array {
  const samples = reader.number(directory, TAG.samplesPerPixel, 1);
  const bits = reader.number(directory, TAG.bitsPerSample, 1);
  const predictor = reader.number(directory, TAG.predictor, 1);
  if (samples > 4 || bits > 16 || (samples > 1 && reader.number(directory, TAG.planes, 1) !== 1)) {
    throw new ParseFailure("failed", "this kind of TIFF is not read");
  }
  if (predictor > 2 || (predictor === 2 && bits !== 8)) {
    throw new ParseFailure("failed", "this kind of TIFF is not read");
  }
  const height = reader.number(directory, TAG.height, 0);
  const rowBytes = Math.ceil((reader.number(directory, TAG.width, 0) * samples * bits) / 8);
  const rows = new Uint8Array(rowBytes * height);
  let filled = 0;
  for (const strip of strips(reader, directory)) {
    if (filled >= rows.length) break;
    const inflated = inflate(strip, rows.length - filled);
    rows.set(inflated, filled);
    filled += inflated.length;
  }
  if (filled < rows.length) throw new ParseFailure("failed", "damaged image");
  if (predictor === 2) addUp(rows, rowBytes, samples);
  return rows;
}

/** The compressed pieces, from top to bottom. */
function strips(reader: TiffReader, directory: TiffDirectory): Uint8Array[] {
  const offsets = reader.numbers(directory, TAG.stripOffsets);
  const counts = reader.numbers(directory, TAG.stripByteCounts);
  if (offsets.length === 0 || counts.length < offsets.length) {
    throw new RangeError("TIFF page without its strips");
  }
  return offsets.map((offset, i) => reader.bytes.subarray(offset, offset + counts[i]));
}

function inflate(strip: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateSync(strip, { maxOutputLength: maxBytes });
  } catch (cause) {
    throw new ParseFailure("failed", "damaged image", { cause });
  }
}

/** Undoes the predictor: each sample holds its difference to that of the pixel on its left. */
function addUp(rows: Uint8Array, rowBytes: number, samples: number): void {
  for (let start = 0; start < rows.length; start += rowBytes) {
    for (let at = start + samples; at < start + rowBytes; at++) rows[at] += rows[at - samples];
  }
}
