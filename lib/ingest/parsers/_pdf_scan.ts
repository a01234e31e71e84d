// Scanned pages of a PDF: the page is painted from its images and its text is read off the picture. Knows when a page
// is a scan; knows nothing of how letters are recognised (recognize.ts).

import type { Config } from "../../config/config.ts";
import { areaOf, paintPage, type PlacedImage } from "./_page_raster.ts";
import { readImages } from "./_pdf_images.ts";
import type { PdfLibrary, PdfPage } from "./_pdf_library.ts";
import type { Line } from "./_pdf_lines.ts";
import { ParseFailure } from "./parser.ts";
import type { openRecognizer, Recognizer } from "./recognize.ts";

/** Opens text recognition: `openRecognizer`, or what a test puts in its place. */
export type OpenRecognizer = typeof openRecognizer;

/** Why scanned pages were left out on purpose. */
export const OCR_IS_OFF = "scanned pages: data.ocr is never";
const LEFT_OUT = "scanned pages: an image is damaged or larger than data.max_pixels";
/** Part of a page that images cover together when it is a scan. */
const SCANNED_PART = 0.5;
/** Part from which a text layer is taken for what another program read off the scan. */
const WHOLE_PART = 0.9;
/** Fewer characters than this, white space not counted, are no text layer: a scan may have a stamp or a page number. */
const FEW_CHARACTERS = 16;

/** Reads the scanned pages of one file, to be held with `using`; the recogniser is opened for the first of them. */
export class ScanReader {
  readonly #open: OpenRecognizer;
  readonly #data: Config["data"];
  readonly #library: PdfLibrary;
  #recognizer: Promise<Recognizer> | undefined;
  #opened: Recognizer | undefined;

  constructor(open: OpenRecognizer, data: Config["data"], library: PdfLibrary) {
    this.#open = open;
    this.#data = data;
    this.#library = library;
  }

  /**
   * Lines of a page with what is read off its scan, if it is one.
   *
   * @param drawn - lines of its text layer
   * @param omit - notes that something is missing, and why
   */
  async withScan(
    page: PdfPage,
    drawn: readonly Line[],
    omit: (reason: string) => void,
  ): Promise<readonly Line[]> {
    const hasText = numCharacters(drawn) >= FEW_CHARACTERS;
    if (hasText && this.#data.ocr !== "always") return drawn;
    const { width, height } = page.getViewport({ scale: 1 });
    const { images, hasLeftOut } = await readImages(page, this.#library);
    if (hasLeftOut && !hasText) omit(LEFT_OUT);
    const part = coveredArea(images) / (width * height);
    if (part < SCANNED_PART) return drawn;
    if (this.#data.ocr === "never") {
      omit(OCR_IS_OFF);
      return drawn;
    }
    const picture = paintPage(images, { width, height, maxPixels: this.#data.maxPixels });
    const text = picture && await this.#recognize(picture, omit);
    if (text === undefined) return drawn;
    const read = linesOfScan(text, height);
    return hasText && part < WHOLE_PART ? [...drawn, ...read] : read;
  }

  [Symbol.dispose](): void {
    this.#opened?.close();
  }

  async #recognize(
    picture: Uint8Array<ArrayBuffer>,
    omit: (reason: string) => void,
  ): Promise<string | undefined> {
    try {
      this.#opened = await (this.#recognizer ??= this.#open(this.#data));
      return await this.#opened.recognize(picture);
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      omit(`scanned pages: ${error.message}`);
      return undefined;
    }
  }
}

function numCharacters(lines: readonly Line[]): number {
  return lines.reduce((sum, { text }) => sum + text.replace(/\s/g, "").length, 0);
}

function coveredArea(images: readonly PlacedImage[]): number {
  return images.reduce((sum, { matrix }) => sum + areaOf(matrix), 0);
}

/** Lines of recognised text, spread evenly over the page: only the first and the last stand where they did. */
function linesOfScan(text: string, height: number): Line[] {
  const rows = text.split("\n");
  const lines: Line[] = [];
  for (const [i, row] of rows.entries()) {
    if (row.trim() === "") continue;
    const startsParagraph = i === 0 || rows[i - 1].trim() === "";
    const baseline = height * i / Math.max(1, rows.length - 1);
    lines.push({ text: row.trim(), baseline, isFixedPitch: false, startsParagraph });
  }
  return lines;
}
