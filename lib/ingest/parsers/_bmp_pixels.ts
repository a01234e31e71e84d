// Pixels of a BMP file as a grey PGM file: the recogniser's own reader knows only the plainest kinds of BMP.
// Formats: Microsoft's "Bitmap Storage", OS/2 bitmaps with a header of 12 bytes; https://netpbm.sourceforge.net/doc/pgm.html

import { ParseFailure } from "./parser.ts";

interface Bitmap {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly width: number;
  readonly height: number;
  /** The first row is the top one. */
  readonly isTopDown: boolean;
  /** Bits of a pixel. */
  readonly bits: number;
  readonly compression: number;
  /** Where the pixels begin. */
  readonly start: number;
  /** Length of the header after the first 14 bytes. */
  readonly headerBytes: number;
}

/** Puts one row, given its place in the file, into `grey`. */
type RowReader = (rowStart: number, grey: Uint8Array) => void;

const COMPRESSION = { none: 0, runs8: 1, runs4: 2, masks: 3, alphaMasks: 6 } as const;
const OLD_HEADER_BYTES = 12;

/**
 * Decodes a BMP file.
 *
 * @returns a PGM file of the same width and height
 * @throws {ParseFailure} for kinds that are not pixels, JPEG in BMP
 * @throws {RangeError} when the file is cut off
 */
export function bmpAsPixmap(bytes: Uint8Array): Uint8Array {
  const bitmap = readHeader(bytes);
  const { width, height, isTopDown } = bitmap;
  const header = new TextEncoder().encode(`P5 ${width} ${height} 255\n`);
  // checked first, so that a short file never takes the memory of a large picture
  const isRuns = bitmap.compression === COMPRESSION.runs8 || bitmap.compression === COMPRESSION.runs4;
  const rowBytes = isRuns ? width : Math.ceil(width * bitmap.bits / 32) * 4;
  if (!isRuns && bitmap.start + rowBytes * height > bytes.length) throw new RangeError("BMP is cut off");
  const source = isRuns ? decodeRuns(bitmap) : bytes;
  const readRow = rowReader(bitmap, source, isRuns);
  const file = new Uint8Array(header.length + width * height);
  file.set(header);
  for (let y = 0; y < height; y++) {
    const at = header.length + (isTopDown ? y : height - 1 - y) * width;
    readRow((isRuns ? 0 : bitmap.start) + y * rowBytes, file.subarray(at, at + width));
  }
  return file;
}

function readHeader(bytes: Uint8Array): Bitmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(14, true);
  const isOld = headerBytes === OLD_HEADER_BYTES;
  const height = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const compression = isOld ? COMPRESSION.none : view.getUint32(30, true);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const isKnown = ([0, 1, 2, 3, 6] as number[]).includes(compression) && [1, 4, 8, 16, 24, 32].includes(bits);
  if (!isKnown) throw new ParseFailure("failed", "this kind of BMP is not read");
  return {
    bytes,
    view,
    width: isOld ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(height),
    isTopDown: height < 0,
    bits,
    compression,
    start: view.getUint32(10, true),
    headerBytes,
  };
}

function rowReader(bitmap: Bitmap, source: Uint8Array, isRuns: boolean): RowReader {
  if (isRuns) return indexedRow(palette(bitmap), source, 8);
  if (bitmap.bits <= 8) return indexedRow(palette(bitmap), source, bitmap.bits);
  if (bitmap.bits === 24) return colourRow(source);
  return maskedRow(bitmap);
}

function indexedRow(greys: Uint8Array, source: Uint8Array, bits: number): RowReader {
  return (start, grey) => {
    for (let x = 0; x < grey.length; x++) {
      const bit = x * bits;
      grey[x] = greys[(source[start + (bit >> 3)] >> (8 - bits - (bit & 7))) & ((1 << bits) - 1)];
    }
  };
}

function colourRow(source: Uint8Array): RowReader {
  return (start, grey) => {
    for (let x = 0; x < grey.length; x++) {
      const at = start + x * 3;
      grey[x] = brightness(source[at + 2], source[at + 1], source[at]);
    }
  };
}

function maskedRow({ view, bits, compression }: Bitmap): RowReader {
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const hasMasks = compression === COMPRESSION.masks || compression === COMPRESSION.alphaMasks;
  const [red, green, blue] = usual.map((mask, i) =>
    channel(hasMasks ? view.getUint32(54 + i * 4, true) : mask)
  );
  return (start, grey) => {
    for (let x = 0; x < grey.length; x++) {
      const value = bits === 16 ? view.getUint16(start + x * 2, true) : view.getUint32(start + x * 4, true);
      grey[x] = brightness(red(value), green(value), blue(value));
    }
  };
}

/** Reads the bits of a mask as 0 to 255. */
function channel(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const scale = 255 / (mask >>> shift);
  return (value) => ((value & mask) >>> shift) * scale;
}

/** Greys of the colour table; white where the table is too short. */
function palette({ bytes, bits, headerBytes, start }: Bitmap): Uint8Array {
  const entryBytes = headerBytes === OLD_HEADER_BYTES ? 3 : 4;
  const greys = new Uint8Array(256).fill(255);
  const at = 14 + headerBytes;
  const count = Math.min(1 << bits, Math.floor((Math.min(start, bytes.length) - at) / entryBytes));
  for (let i = 0; i < count; i++) {
    const entry = at + i * entryBytes;
    greys[i] = brightness(bytes[entry + 2], bytes[entry + 1], bytes[entry]);
  }
  return greys;
}

/** ITU-R BT.601. */
function brightness(red: number, green: number, blue: number): number {
  return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
}

/** Indices into the colour table, a byte each, of a picture that is stored in runs of one colour. */
function decodeRuns({ bytes, width, height, compression, start }: Bitmap): Uint8Array {
  const indices = new Uint8Array(width * height);
  const isNibbles = compression === COMPRESSION.runs4;
  let x = 0;
  let y = 0;
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  for (let at = start; y < height; at += 2) {
    if (at + 1 >= bytes.length) {
      // some writers leave the end mark out
      if (y === height - 1 && x >= width) break;
      throw new RangeError("BMP is cut off");
    }
    const [count, value] = [bytes[at], bytes[at + 1]];
    if (count > 0) {
      for (let i = 0; i < count; i++) put(isNibbles ? nibble(value, i) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += bytes[at + 2];
      y += bytes[at + 3];
      at += 2;
    } else {
      for (let i = 0; i < value; i++) {
        put(isNibbles ? nibble(bytes[at + 2 + (i >> 1)], i) : bytes[at + 2 + i]);
      }
      // such a stretch fills an even number of bytes
      at += 2 * Math.ceil((isNibbles ? Math.ceil(value / 2) : value) / 2);
    }
  }
  return indices;
}

function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15;
}
