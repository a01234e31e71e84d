// Makes long PDFs fast to read. Many programs write all pages into one flat list, and pdf.js walks that list from its
// start for each page: the time grows with the square of the pages. When the number of pages of a document turns out to
// be wrong it lists them all once instead, so the number of a long flat list is overwritten with a higher one.

import { Buffer } from "node:buffer";

/** A shorter list is walked faster than it is found. */
const MIN_PAGES = 1000;
/** `1 0 R`. */
const MIN_REFERENCE_BYTES = 5;
/** How far from the list the number may stand. */
const DICTIONARY_BYTES = 4096;

/**
 * Overwrites, in place, the number of pages of a flat page tree of many pages. The tree itself stays as it is, and a
 * tree that is packed in an object stream is not found.
 *
 * @returns whether there was one
 */
export function makePagesListed(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = file.indexOf("/Kids"); at >= 0;) {
    const end = file.indexOf("]", at);
    if (end < 0) return false;
    if (end - at > MIN_PAGES * MIN_REFERENCE_BYTES && overwriteCount(file, at, end)) return true;
    at = file.indexOf("/Kids", end);
  }
  return false;
}

/** @param at - start of the list, `end` its last byte */
function overwriteCount(file: Buffer, at: number, end: number): boolean {
  const numKids = [...file.toString("latin1", at, end).matchAll(/\d+\s+\d+\s+R/g)].length;
  if (numKids < MIN_PAGES) return false;
  const before = file.toString("latin1", Math.max(0, at - DICTIONARY_BYTES), at);
  const dictionaryStart = at - before.length + before.lastIndexOf("obj") + 1;
  const after = file.toString("latin1", end, end + DICTIONARY_BYTES);
  const objectEnd = after.indexOf("endobj");
  const places: readonly [number, string][] = [
    [dictionaryStart, file.toString("latin1", dictionaryStart, at)],
    [end, objectEnd < 0 ? "" : after.slice(0, objectEnd)],
  ];
  for (const [offset, text] of places) {
    const count = /\/Count\s+(\d+)/.exec(text);
    const highest = "9".repeat(count?.[1].length ?? 0);
    if (!count || Number(count[1]) !== numKids || count[1] === highest) continue;
    file.write(highest, offset + count.index + count[0].length - highest.length, "latin1");
    return true;
  }
  return false;
}
