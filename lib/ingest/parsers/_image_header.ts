// What the first bytes of an image say of it: format, width, height, orientation. Nothing is decoded, so that an image
// that claims to be huge is told from its header. Knows PNG, JPEG, WebP, BMP and GIF; TIFF has pages (_tiff_page.ts).
// Formats: PNG https://www.w3.org/TR/png-3/ · JPEG ITU-T T.81 · WebP RFC 9649 · GIF89a · EXIF 2.32 for orientation

import { ParseFailure } from "./parser.ts";
import { readOrientation, TiffReader } from "./_tiff_directory.ts";

/** Formats that text is read from. */
export type ImageFormat = "png" | "jpeg" | "webp" | "bmp" | "gif" | "tiff";

/** What an image says of itself. */
export interface ImageHeader {
  /** In pixels, as stored. */
  readonly width: number;
  /** In pixels, as stored. */
  readonly height: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number;
  /** Bytes that matter, where what follows them should not be looked at: further pictures of an animation. */
  readonly end?: number;
}

/** Format by the first bytes; undefined for anything else. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const start = ascii(bytes, 0, 12);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (start.startsWith("\xff\xd8\xff")) return "jpeg";
  if (/^RIFF....WEBP/s.test(start)) return "webp";
  if (/^GIF8[79]a/.test(start)) return "gif";
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return "tiff";
  // two letters could begin any text: the four bytes after the length are zero in every BMP file
  if (/^BM....\0\0\0\0/s.test(start)) return "bmp";
  return undefined;
}

/**
 * Reads the header of an image of one picture.
 *
 * @throws {ParseFailure} when the header is damaged
 */
export function readImageHeader(bytes: Uint8Array, format: Exclude<ImageFormat, "tiff">): ImageHeader {
  const header = intact(() => READERS[format](bytes, viewOf(bytes)));
  if (header.width < 1 || header.height < 1) throw new ParseFailure("failed", "damaged image");
  return header;
}

/**
 * Calls `read`, which may run past the end of its bytes.
 *
 * @throws {ParseFailure} when it does
 */
export function intact<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RangeError) throw new ParseFailure("failed", "damaged image", { cause });
    throw cause;
  }
}

type HeaderReader = (bytes: Uint8Array, view: DataView) => ImageHeader;

const READERS: Readonly<Record<Exclude<ImageFormat, "tiff">, HeaderReader>> = {
  png: readPng,
  jpeg: readJpeg,
  webp: readWebp,
  bmp: readBmp,
  gif: readGif,
};

function readPng(bytes: Uint8Array, view: DataView): ImageHeader {
  if (ascii(bytes, 12, 4) !== "IHDR") throw new RangeError("PNG without a header");
  let orientation = 1;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const name = ascii(bytes, at + 4, 4);
    if (name === "eXIf") orientation = exifOrientation(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
    if (name === "IDAT") break;
  }
  return { width: view.getUint32(16), height: view.getUint32(20), orientation };
}

function readJpeg(bytes: Uint8Array, view: DataView): ImageHeader {
  let orientation = 1;
  let at = 2;
  while (true) {
    if (view.getUint8(at) !== 0xff) throw new RangeError("JPEG without a marker");
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at++);
    const length = view.getUint16(at);
    if (length < 2) throw new RangeError("JPEG segment of no length");
    if (marker === 0xe1 && ascii(bytes, at + 2, 6) === "Exif\0\0") {
      orientation = exifOrientation(bytes.subarray(at + 8, at + length));
    }
    // start of frame; C4, C8 and CC are tables
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: view.getUint16(at + 5), height: view.getUint16(at + 3), orientation };
    }
    at += length;
  }
}

function readWebp(bytes: Uint8Array, view: DataView): ImageHeader {
  const kind = ascii(bytes, 12, 4);
  if (kind === "VP8 ") {
    return {
      width: view.getUint16(26, true) & 0x3fff,
      height: view.getUint16(28, true) & 0x3fff,
      orientation: 1,
    };
  }
  if (kind === "VP8L") {
    const sizes = view.getUint32(21, true);
    return { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1, orientation: 1 };
  }
  if (kind !== "VP8X") throw new RangeError("WebP without a picture");
  if (view.getUint8(20) & 2) throw new ParseFailure("skipped", "animated image");
  const width = (view.getUint32(24, true) & 0xffffff) + 1;
  const height = (view.getUint32(26, true) >>> 8) + 1;
  let orientation = 1;
  for (let at = 12; at + 8 <= bytes.length; at += 8 + paddedLength(view, at)) {
    if (ascii(bytes, at, 4) !== "EXIF") continue;
    const exif = bytes.subarray(at + 8, at + 8 + paddedLength(view, at));
    // some writers keep the prefix that JPEG puts before it
    orientation = exifOrientation(ascii(exif, 0, 6) === "Exif\0\0" ? exif.subarray(6) : exif);
  }
  return { width, height, orientation };
}

function paddedLength(view: DataView, at: number): number {
  const length = view.getUint32(at + 4, true);
  return length + (length & 1);
}

function readBmp(_bytes: Uint8Array, view: DataView): ImageHeader {
  if (view.getUint32(14, true) === 12) {
    return { width: view.getUint16(18, true), height: view.getUint16(20, true), orientation: 1 };
  }
  // a negative height says that the first row is the top one
  return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)), orientation: 1 };
}

function readGif(_bytes: Uint8Array, view: DataView): ImageHeader {
  let at = 13 + paletteBytes(view.getUint8(10));
  while (view.getUint8(at) === 0x21) at = skipBlocks(view, at + 2);
  if (view.getUint8(at) !== 0x2c) throw new RangeError("GIF without a picture");
  // a picture may be larger than the screen that the file announces
  const width = Math.max(view.getUint16(6, true), view.getUint16(at + 5, true));
  const height = Math.max(view.getUint16(8, true), view.getUint16(at + 7, true));
  const end = skipBlocks(view, at + 11 + paletteBytes(view.getUint8(at + 9)));
  return { width, height, orientation: 1, end };
}

function paletteBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function skipBlocks(view: DataView, at: number): number {
  while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
  return at + 1;
}

function exifOrientation(exif: Uint8Array): number {
  try {
    const reader = new TiffReader(exif);
    return readOrientation(reader, reader.directory(reader.first));
  } catch (error) {
    // a picture with damaged EXIF data is still a picture
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function ascii(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
