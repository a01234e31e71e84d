// Finds what stands on page after page beside the text: running headers, footers and page numbers. A line is one of
// them when it stands near the top or bottom edge and pages nearby have, at the same height, the same text up to its
// numbers, or a number that counts with the pages. Pure; knows no document format, only lines and where they stand.

/** A line and where it stands. */
export interface PageLine {
  readonly text: string;
  /** Points from the top of the page. */
  readonly baseline: number;
}

/** A page of lines. */
export interface LinedPage<L extends PageLine> {
  readonly lines: readonly L[];
  /** In points. */
  readonly height: number;
}

/** A line near an edge of its page, with what it is recognised by. */
interface EdgeLine {
  readonly index: number;
  readonly baseline: number;
  /** The text with every number replaced. */
  readonly form: string;
  /** First and last number of the line less the number of the page, where it starts or ends with one. */
  readonly offsets: readonly number[];
}

interface HeldPage<L extends PageLine> {
  readonly page: LinedPage<L>;
  readonly edges: readonly EdgeLine[];
}

/** Pages looked at on either side of one. */
const REACH = 6;
/** Pages, itself included, that must agree. */
const AGREEING_PAGES = 3;
/** Part of the height that counts as an edge, at the top and at the bottom. */
const EDGE = 0.15;
/** Lines of an edge that are looked at. */
const LINES_AT_AN_EDGE = 3;
/** Points by which lines of two pages may differ in height. */
const BASELINE_TOLERANCE = 3;
/** A longer line is text. */
const MAX_CHARACTERS = 200;
const ROMAN = /^[ivxlc]{1,8}$/i;

/**
 * Takes pages in order and gives each back, a few pages later, without its furniture.
 *
 * @example
 * ```ts ignore
 * const window = new FurnitureWindow<PageLine>();
 * for (const page of pages) for (const ready of window.push(page)) write(ready.lines);
 * for (const ready of window.end()) write(ready.lines);
 * ```
 */
export class FurnitureWindow<L extends PageLine> {
  /** Pages that may still matter: some given back, for comparison, and up to `REACH` that are not. */
  readonly #held: HeldPage<L>[] = [];
  #pagesSeen = 0;
  /** Index in `#held` of the next page to give back. */
  #next = 0;

  /** @returns pages that are ready, in order: none or one */
  push(page: LinedPage<L>): LinedPage<L>[] {
    this.#held.push({ page, edges: edgesOf(page, this.#pagesSeen++) });
    if (this.#held.length - this.#next <= REACH) return [];
    const ready = this.#giveBack();
    if (this.#next > REACH) {
      this.#held.shift();
      this.#next--;
    }
    return [ready];
  }

  /** @returns the pages still held */
  end(): LinedPage<L>[] {
    const ready: LinedPage<L>[] = [];
    while (this.#next < this.#held.length) ready.push(this.#giveBack());
    return ready;
  }

  #giveBack(): LinedPage<L> {
    const around = this.#held.map(({ edges }) => edges);
    const { page } = this.#held[this.#next];
    const dropped = furnitureOf(around, this.#next, page.lines.length);
    this.#next++;
    return { ...page, lines: page.lines.filter((_, i) => !dropped.has(i)) };
  }
}

/** Indices of the lines of page `at` that are furniture. */
function furnitureOf(
  pages: readonly (readonly EdgeLine[])[],
  at: number,
  numLines: number,
): ReadonlySet<number> {
  const from = Math.max(0, at - REACH);
  const others = pages.slice(from, at + REACH + 1).filter((_, i) => from + i !== at);
  const agrees = (line: EdgeLine, same: (one: EdgeLine, other: EdgeLine) => boolean): boolean => {
    const count =
      others.filter((page) =>
        page.some((other) =>
          Math.abs(other.baseline - line.baseline) <= BASELINE_TOLERANCE && same(line, other)
        )
      ).length;
    return count + 1 >= AGREEING_PAGES;
  };
  const counting = pages[at].filter((line) => line.offsets.length > 0 && agrees(line, countsAlike));
  const repeated = pages[at].filter((line) => /\p{L}/u.test(line.form) && agrees(line, looksAlike));
  const all = new Set([...counting, ...repeated].map(({ index }) => index));
  // a page of nothing but such lines is a page of cards or slides: only bare numbers go
  if (all.size < numLines) return all;
  return new Set(counting.filter(({ form }) => !/\p{L}/u.test(form)).map(({ index }) => index));
}

function looksAlike(one: EdgeLine, other: EdgeLine): boolean {
  return one.form === other.form;
}

function countsAlike(one: EdgeLine, other: EdgeLine): boolean {
  return one.offsets.some((offset) => other.offsets.includes(offset));
}

/** Lines near the edges of a page. */
function edgesOf(page: LinedPage<PageLine>, pageIndex: number): EdgeLine[] {
  const placed = page.lines.map(({ text, baseline }, index) => ({ text: text.trim(), baseline, index }))
    .filter(({ baseline }) => baseline < EDGE * page.height || baseline > (1 - EDGE) * page.height);
  const downwards = placed.toSorted((one, other) => one.baseline - other.baseline);
  const top = downwards.filter(({ baseline }) => baseline < EDGE * page.height).slice(0, LINES_AT_AN_EDGE);
  const bottom = downwards.filter(({ baseline }) => baseline > (1 - EDGE) * page.height).slice(
    -LINES_AT_AN_EDGE,
  );
  return [...top, ...bottom].filter(({ text }) => text.length <= MAX_CHARACTERS).map((line) => ({
    index: line.index,
    baseline: line.baseline,
    form: line.text.replace(/\p{Nd}+/gu, "0").replace(/\s+/g, " ").toLowerCase(),
    offsets: offsetsOf(line.text, pageIndex),
  }));
}

function offsetsOf(text: string, pageIndex: number): number[] {
  const words = text.split(/\s+/);
  const ends = [words[0], words[words.length - 1]].map((word) =>
    word.replace(/^[^\p{L}\p{Nd}]+|[^\p{L}\p{Nd}]+$/gu, "")
  );
  const numbers = ends.map((word) => pageNumber(word)).filter((value) => value !== undefined);
  return [...new Set(numbers.map((value) => value - pageIndex))];
}

/** Value of `12`, `A-12`, `xii`. */
function pageNumber(word: string): number | undefined {
  const digits = /(\d{1,6})$/.exec(word)?.[1];
  if (digits !== undefined) return Number(digits);
  return ROMAN.test(word) ? romanValue(word.toLowerCase()) : undefined;
}

function romanValue(text: string): number {
  const values: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50, c: 100 };
  const digits = [...text].map((letter) => values[letter]);
  return digits.reduce((sum, digit, i) => sum + (digit < (digits[i + 1] ?? 0) ? -digit : digit), 0);
}
