// A generated book as a PDF, for measuring: as many pages as asked for, each full of words.

import { dirname } from "node:path";
import { textPage, writePdf } from "../../support/pdf_writer.ts";

const LINES = 40;
const WORDS = "the flock a ewe and her lamb graze where grass is sweet while the shepherd counts them all"
  .split(" ");

/**
 * Writes a book.
 *
 * @param path - made with its folder
 * @param options.seed - another one, other words
 */
export async function makeLongPdf(path: string, options: { pages: number; seed: number }): Promise<void> {
  const line = (at: number): string =>
    Array.from({ length: 12 }, (_, i) => WORDS[(at * 31 + i * i * 7 + (at >> 3)) % WORDS.length]).join(" ");
  const start = options.seed * 1_000_003;
  const pages = Array.from(
    { length: options.pages },
    (_, page) => textPage(Array.from({ length: LINES }, (_, i) => line(start + page * LINES + i))),
  );
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, writePdf({ pages, isCompressed: true }));
}
