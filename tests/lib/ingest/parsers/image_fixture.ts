// Images for tests: two small pages made from print of our own, and files written pixel by pixel in the kinds that
// programs rarely write.

import { deflateSync, inflateSync } from "node:zlib";
import { defaultConfig } from "../../../../lib/config/config.ts";
import { imageParser } from "../../../../lib/ingest/parsers/image.ts";
import type { ParseEvent } from "../../../../lib/ingest/parsers/parser.ts";

/** What stands on `page.*`, and on the first page of the TIFF files. */
export const FIRST_PAGE = "The keeper counted the steps. There were 196 of them, worn hollow in the middle.";
/** What stands on the second page of the TIFF files. */
export const SECOND_PAGE = "The second page names two ships and one storm.";

/** Rows of grey pixels. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

/** Bytes of a file of `fixtures/images/`. */
export function imageBytes(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`fixtures/images/${name}`, import.meta.url));
}

/** Parses an image with settings other than the usual ones. */
export async function parseImage(
  bytes: Uint8Array,
  data: Partial<ReturnType<typeof defaultConfig>["data"]> = {},
): Promise<ParseEvent[]> {
  const input = { name: "a.png", bytes, data: { ...defaultConfig().data, ...data } };
  return await Array.fromAsync(imageParser.parse(input));
}

/** Text of the document in one line. */
export function textOf(events: ParseEvent[]): string | undefined {
  const documents = events.filter((event) => event.type === "document");
  return documents[0]?.text.replace(/\s+/g, " ");
}

/** Pixels of `page.png`, which is one bit deep and not filtered. */
export function pagePixels(): Pixels {
  const bytes = imageBytes("page.png");
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  let at = 8;
  while (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) !== "IDAT") at += 12 + view.getUint32(at);
  const rows = inflateSync(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  const rowBytes = 1 + Math.ceil(width / 8);
  const grey = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return (rows[y * rowBytes + 1 + (x >> 3)] >> (7 - (x & 7))) & 1 ? 255 : 0;
  });
  return { width, height, grey };
}

/** Takes the upper left corner. */
export function crop({ width, grey }: Pixels, size: { width: number; height: number }): Pixels {
  const rows = Array.from(
    { length: size.height },
    (_, y) => grey.subarray(y * width, y * width + size.width),
  );
  return { ...size, grey: Uint8Array.from(rows.flatMap((row) => [...row])) };
}

/** A grey PNG. */
export function png({ width, height, grey }: Pixels): Uint8Array {
  const rows = Uint8Array.from({ length: (width + 1) * height }, (_, i) => {
    const x = i % (width + 1);
    return x === 0 ? 0 : grey[Math.floor(i / (width + 1)) * width + x - 1];
  });
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
    ...pngChunk("IHDR", [...u32be(width), ...u32be(height), 8, 0, 0, 0, 0]),
    ...pngChunk("IDAT", [...deflateSync(rows)]),
    ...pngChunk("IEND", []),
  ]);
}

/** A PNG whose header claims a size and that holds next to nothing. */
export function lyingPng(width: number, height: number): Uint8Array {
  const bytes = png({ width: 1, height: 1, grey: new Uint8Array(1) });
  bytes.set(pngChunk("IHDR", [...u32be(width), ...u32be(height), 8, 0, 0, 0, 0]), 8);
  return bytes;
}

/** A BMP of 8 bits in runs, 16 bits, 24 bits top row first, 32 bits with masks, or 24 bits with the old header. */
export function bmp(pixels: Pixels, kind: "runs" | "16" | "24 top down" | "32 masks" | "24 old"): Uint8Array {
  const { width, height } = pixels;
  const bits = { runs: 8, "16": 16, "24 top down": 24, "32 masks": 32, "24 old": 24 }[kind];
  const rows = Array.from({ length: height }, (_, y) => {
    const row = kind === "24 top down" ? y : height - 1 - y;
    return bmpRow(pixels.grey.subarray(row * width, (row + 1) * width), kind);
  }).flat();
  const extra = kind === "runs"
    ? Array.from({ length: 256 }, (_, i) => [i, i, i, 0]).flat()
    : kind === "32 masks"
    ? [0xff00, 0xff0000, 0xff000000].flatMap(u32le)
    : [];
  const header = kind === "24 old" ? [...u32le(12), ...u16le(width), ...u16le(height), 1, 0, bits, 0] : [
    ...[...u32le(40), ...u32le(width), ...u32le(kind === "24 top down" ? -height : height), 1, 0, bits, 0],
    ...[...u32le({ runs: 1, "32 masks": 3, "16": 0, "24 top down": 0 }[kind]), ...u32le(rows.length)],
    ...new Array(16).fill(0),
  ];
  const start = 14 + header.length + extra.length;
  return Uint8Array.from([
    ...[0x42, 0x4d, ...u32le(start + rows.length), 0, 0, 0, 0, ...u32le(start)],
    ...header,
    ...extra,
    ...rows,
  ]);
}

function bmpRow(row: Uint8Array, kind: Parameters<typeof bmp>[1]): number[] {
  if (kind === "runs") {
    const runs = Array.from(row, (grey) => [1, grey]).flat();
    return [...runs, 0, 0];
  }
  const bytes = Array.from(row, (grey) => {
    if (kind === "16") return u16le(grey ? 0x7fff : 0);
    return kind === "32 masks" ? [0, grey, grey, grey] : [grey, grey, grey];
  }).flat();
  while (bytes.length % 4 !== 0) bytes.push(0);
  return bytes;
}

/** How {@link tiff} writes. */
export interface TiffOptions {
  /** Deflate, with differences between pixels; nothing is compressed otherwise. */
  readonly isDeflated?: boolean;
  /** Where the directory says that the next one is; 0 is none. */
  readonly next?: number;
  /** Tags to set to another value. */
  readonly tags?: Readonly<Record<number, number>>;
}

/** A grey TIFF of one strip, most significant byte first; its directory begins at 8. */
export function tiff({ width, height, grey }: Pixels, options: TiffOptions = {}): Uint8Array {
  const differences = grey.map((value, i) => i % width === 0 ? value : value - grey[i - 1]);
  const strip = options.isDeflated ? deflateSync(differences) : grey;
  const tags: Record<number, number> = {
    ...{ 256: width, 257: height, 258: 8, 259: options.isDeflated ? 8 : 1, 262: 1, 273: 0, 277: 1 },
    ...{ 278: height, 279: strip.length, 317: options.isDeflated ? 2 : 1, ...options.tags },
  };
  const entries = Object.entries(tags);
  tags[273] = 8 + 2 + entries.length * 12 + 4;
  const fields = Object.entries(tags).flatMap((
    [tag, value],
  ) => [...u16be(+tag), 0, 4, ...u32be(1), ...u32be(value)]);
  return Uint8Array.from([
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, ...u16be(entries.length)],
    ...fields,
    ...u32be(options.next ?? 0),
    ...strip,
  ]);
}

function pngChunk(name: string, data: number[]): number[] {
  const body = [...new TextEncoder().encode(name), ...data];
  return [...u32be(data.length), ...body, ...u32be(crc32(body))];
}

function crc32(bytes: number[]): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function u16be(value: number): number[] {
  return [value >> 8 & 255, value & 255];
}

function u32be(value: number): number[] {
  return [value >>> 24, value >> 16 & 255, value >> 8 & 255, value & 255];
}

function u16le(value: number): number[] {
  return u16be(value).reverse();
}

function u32le(value: number): number[] {
  return u32be(value).reverse();
}
