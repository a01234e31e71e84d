// A page of a TIFF file whose strips are small JPEG images of their own, as one JPEG image. Nothing is decoded: strips
// of one set of tables become the restart intervals of a taller image. Format: Adobe Photoshop TIFF Technical Note 2
// for the strips, ITU-T T.81 for JPEG.

import { ParseFailure } from "./parser.ts";
import { TAG, type TiffDirectory, type TiffReader } from "./_tiff_directory.ts";

const MARKER = {
  frame: 0xc0,
  extendedFrame: 0xc1,
  tables: 0xc4,
  restart: 0xd0,
  end: 0xd9,
  scan: 0xda,
  interval: 0xdd,
};
const PHOTOMETRIC_RGB = 2;

interface Segment {
  readonly marker: number;
  /** With marker and length. */
  readonly bytes: Uint8Array;
}

interface Strip {
  readonly segments: Segment[];
  /** Coded picture after the scan's header, without the end marker. */
  readonly coded: Uint8Array;
}

/**
 * Joins the strips of a page.
 *
 * @param strips - the compressed pieces, from top to bottom
 * @returns a JPEG file
 * @throws {ParseFailure} when the strips do not fit together
 * @throws {RangeError} when they are damaged
 */
export function joinJpegStrips(
  reader: TiffReader,
  directory: TiffDirectory,
  strips: Uint8Array[],
): Uint8Array {
  const tables = directory.fields.get(TAG.jpegTables);
  const shared = tables
    ? splitStrip(reader.bytes.subarray(tables.position, tables.position + tables.count))
    : undefined;
  const parts = strips.map(splitStrip);
  const head = parts[0].segments;
  const scan = head.at(-1);
  const frame = head.find(({ marker }) =>
    marker >= MARKER.frame && marker <= 0xcf && marker !== MARKER.tables
  );
  if (!frame || scan?.marker !== MARKER.scan) throw new RangeError("JPEG strip without a picture");
  const isOne = parts.length === 1;
  if (!isOne && !canBeJoined(parts, frame)) throw new ParseFailure("failed", "this kind of TIFF is not read");
  const height = reader.number(directory, TAG.height, 0);
  return concatenate([
    Uint8Array.of(0xff, 0xd8, ...colourSegment(reader.number(directory, TAG.photometric, 0))),
    ...(shared?.segments ?? []).map(({ bytes }) => bytes),
    ...head.slice(0, -1).map((segment) =>
      segment === frame && !isOne ? withHeight(frame, height) : segment.bytes
    ),
    ...(isOne ? [] : [intervalSegment(reader, directory, frame)]),
    scan.bytes,
    ...parts.flatMap(({ coded }, i) => [
      coded,
      Uint8Array.of(0xff, i === parts.length - 1 ? MARKER.end : MARKER.restart + (i % 8)),
    ]),
  ]);
}

function splitStrip(bytes: Uint8Array): Strip {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (view.getUint8(at) !== 0xff) throw new RangeError("JPEG without a marker");
    const marker = view.getUint8(at + 1);
    if (marker === MARKER.end) break;
    const end = at + 2 + view.getUint16(at + 2);
    segments.push({ marker, bytes: bytes.subarray(at, end) });
    at = end;
    if (marker === MARKER.scan) break;
  }
  const hasEnd = bytes.at(-2) === 0xff && bytes.at(-1) === MARKER.end;
  return { segments, coded: bytes.subarray(at, hasEnd ? -2 : undefined) };
}

/** Strips share one scan when they are coded in one pass with the tables of the page. */
function canBeJoined(parts: Strip[], frame: Segment): boolean {
  const isSequential = frame.marker === MARKER.frame || frame.marker === MARKER.extendedFrame;
  return isSequential &&
    parts.every(({ segments }) =>
      segments.length === 2 && segments[0].marker === frame.marker && segments[1].marker === MARKER.scan
    );
}

function withHeight(frame: Segment, height: number): Uint8Array {
  const copy = frame.bytes.slice();
  new DataView(copy.buffer).setUint16(5, height);
  return copy;
}

function intervalSegment(reader: TiffReader, directory: TiffDirectory, frame: Segment): Uint8Array {
  const numComponents = frame.bytes[9];
  const factors = numComponents === 1
    ? [0x11]
    : Array.from({ length: numComponents }, (_, i) => frame.bytes[11 + i * 3]);
  const blockWidth = 8 * Math.max(...factors.map((factor) => factor >> 4));
  const blockHeight = 8 * Math.max(...factors.map((factor) => factor & 15));
  const stripRows = reader.number(directory, TAG.rowsPerStrip, 0);
  const blocks = Math.ceil(reader.number(directory, TAG.width, 0) / blockWidth) * (stripRows / blockHeight);
  // also false when a factor was 0
  if (!Number.isInteger(blocks) || blocks < 1 || blocks > 0xffff) {
    throw new ParseFailure("failed", "this kind of TIFF is not read");
  }
  return Uint8Array.of(0xff, MARKER.interval, 0, 4, blocks >> 8, blocks & 0xff);
}

/** Says that three components are red, green and blue, which a decoder would take for brightness and colour. */
function colourSegment(photometric: number): number[] {
  if (photometric !== PHOTOMETRIC_RGB) return [];
  return [0xff, 0xee, 0, 14, ...new TextEncoder().encode("Adobe"), 0, 100, 0, 0, 0, 0, 0];
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
