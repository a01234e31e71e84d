// Text off images: PNG, JPEG, WebP, BMP, GIF (its first picture) and TIFF (every page). The header is read first, so
// that what is too large, or too small to hold text, is never decoded. What reads the letters is recognize.ts.

import type { Config } from "../../config/config.ts";
import { bmpAsPixmap } from "./_bmp_pixels.ts";
import { type ImageFormat, imageFormat, intact, readImageHeader } from "./_image_header.ts";
import { tiffPages } from "./_tiff_page.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { openRecognizer } from "./recognize.ts";

/** Images with text in them. */
export const imageParser: Parser = { parse: parseImage };

/** A picture that can be decoded once it is known to be of a good size. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  image(): Uint8Array;
}

/** In pixels: letters are hardly lower than this. */
const MIN_SIDE = 10;
/** Fewer letters and digits are rather a spot or a line of the picture. */
const MIN_LETTERS = 2;
const MAX_PAGES = 10_000;

async function* parseImage({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const format = imageFormat(bytes);
  if (!format) {
    throw new ParseFailure("failed", bytes.length === 0 ? "empty file" : "no image of a known format");
  }
  if (data.ocr === "never") throw new ParseFailure("skipped", "an image, and data.ocr is never");
  const pictures = intact(() => listPictures(bytes, format));
  const total = Math.min(pictures.length, MAX_PAGES);
  using recognizer = await openRecognizer(data);
  const texts: string[] = [];
  const failures: ParseFailure[] = [];
  for (const [i, picture] of pictures.slice(0, total).entries()) {
    try {
      checkSize(picture, data);
      texts.push(await recognizer.recognize(intact(() => picture.image()), picture.orientation));
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      failures.push(error);
    }
    yield { type: "pages", done: i + 1, total };
  }
  const readable = texts.filter((text) => countLetters(text) >= MIN_LETTERS);
  if (readable.length === 0) throw failures[0] ?? new ParseFailure("skipped", "no text found in the image");
  for (const reason of new Set(failures.map(({ message }) => message))) {
    yield { type: "omitted", reason: `a page: ${reason}` };
  }
  if (pictures.length > total) yield { type: "omitted", reason: `pages after the first ${MAX_PAGES}` };
  yield { type: "document", text: readable.join("\n\n") };
}

function listPictures(bytes: Uint8Array, format: ImageFormat): Picture[] {
  if (format === "tiff") {
    const pages = tiffPages(bytes, MAX_PAGES + 1);
    if (pages.length === 0) throw new ParseFailure("failed", "damaged image");
    return pages;
  }
  const { width, height, orientation, end } = readImageHeader(bytes, format);
  const image = (): Uint8Array => {
    if (format === "bmp") return bmpAsPixmap(bytes);
    return end === undefined ? bytes : firstGifPicture(bytes, end);
  };
  return [{ width, height, orientation, image }];
}

function firstGifPicture(bytes: Uint8Array, end: number): Uint8Array {
  const file = bytes.slice(0, end + 1);
  file[end] = 0x3b;
  return file;
}

function checkSize({ width, height }: Picture, { maxPixels }: Config["data"]): void {
  if (width < 1 || height < 1) throw new ParseFailure("failed", "damaged image");
  if (width * height > maxPixels) throw new ParseFailure("failed", "image larger than data.max_pixels");
  if (Math.min(width, height) < MIN_SIDE) throw new ParseFailure("skipped", "image too small to hold text");
}

function countLetters(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}
