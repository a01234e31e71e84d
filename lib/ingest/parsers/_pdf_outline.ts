// The outline of a PDF, its bookmarks: which titles lead to which page, and which lines of the page they are.

import type { FlowingLine } from "./_flowing_text.ts";
import type { PdfDocument, PdfPage } from "./_pdf_library.ts";

/** A title of the outline. */
export interface Title {
  readonly text: string;
  /** 1 for the outermost. */
  readonly level: number;
}

/** Titles by the page they lead to. */
export type Outline = ReadonlyMap<string, readonly Title[]>;

type OutlineItem = Awaited<ReturnType<PdfDocument["getOutline"]>>[number];

const MAX_TITLES = 20_000;
const MAX_TITLES_OF_A_PAGE = 200;
const MAX_DEPTH = 16;
const MAX_TITLE_CHARACTERS = 500;
/** Lines that a title may fill. */
const MAX_TITLE_LINES = 3;

/** Reads the outline; empty when there is none or it is damaged. */
export async function readOutline(document: PdfDocument): Promise<Outline> {
  const outline = new Map<string, Title[]>();
  let count = 0;
  const add = async (items: readonly OutlineItem[], level: number): Promise<void> => {
    for (const { title, dest, items: inner } of items) {
      if (count++ >= MAX_TITLES) return;
      const key = pageKeyOf(typeof dest === "string" ? await document.getDestination(dest) : dest);
      const text = title.replace(/\s+/g, " ").trim();
      if (key !== undefined && text !== "" && text.length <= MAX_TITLE_CHARACTERS) {
        const titles = outline.get(key) ?? [];
        if (titles.length < MAX_TITLES_OF_A_PAGE) titles.push({ text, level });
        outline.set(key, titles);
      }
      if (level < MAX_DEPTH) await add(inner, level + 1);
    }
  };
  try {
    await add(await document.getOutline() ?? [], 1);
  } catch {
    // titles found before the damage stay
  }
  return outline;
}

/** Titles that lead to a page. */
export function titlesOf(outline: Outline, page: PdfPage): readonly Title[] {
  const byReference = page.ref ? outline.get(`${page.ref.num} ${page.ref.gen}`) : undefined;
  return [...byReference ?? [], ...outline.get(`${page.pageNumber - 1}`) ?? []];
}

/** Lines with those marked as headings that the titles name; titles that no line holds come first. */
export function withHeadings<L extends FlowingLine>(
  lines: readonly L[],
  titles: readonly Title[],
): (L | FlowingLine)[] {
  if (titles.length === 0) return [...lines];
  const forms = lines.map(({ text }) => formOf(text));
  const headings = new Map<number, { level: number; numLines: number }>();
  const missing: FlowingLine[] = [];
  for (const { text, level } of titles) {
    const found = findTitle(forms, formOf(text), headings);
    if (found) headings.set(found.at, { level, numLines: found.numLines });
    else missing.push({ text, isFixedPitch: false, startsParagraph: true, heading: level });
  }
  const marked: (L | FlowingLine)[] = missing;
  for (let i = 0; i < lines.length; i++) {
    const heading = headings.get(i);
    const text = lines.slice(i, i + (heading?.numLines ?? 1)).map((line) => line.text.trim()).join(" ");
    marked.push(heading ? { ...lines[i], text, isFixedPitch: false, heading: heading.level } : lines[i]);
    i += (heading?.numLines ?? 1) - 1;
  }
  return marked;
}

/** First line, or lines, that are the title, with or without a number before it; as few lines as possible. */
function findTitle(
  forms: readonly string[],
  title: string,
  taken: ReadonlyMap<number, unknown>,
): { at: number; numLines: number } | undefined {
  if (title === "") return undefined;
  for (let numLines = 1; numLines <= MAX_TITLE_LINES; numLines++) {
    for (let at = 0; at + numLines <= forms.length; at++) {
      if (forms[at].length > title.length + MAX_NUMBERING) continue;
      const isFree = !forms.slice(at, at + numLines).some((_, i) => taken.has(at + i));
      if (isFree && isTitle(forms.slice(at, at + numLines).join(""), title)) return { at, numLines };
    }
  }
  return undefined;
}

/** Characters of `Chapter 12` or `A.3.1` before a title. */
const MAX_NUMBERING = 16;

function isTitle(form: string, title: string): boolean {
  const numbering = form.slice(0, -title.length);
  return form.endsWith(title) && /^(\p{L}{0,10}\p{Nd}{0,6})$/u.test(numbering) ||
    title.endsWith(form) && form !== "" &&
      /^(\p{L}{0,10}\p{Nd}{1,6}|\p{L})$/u.test(title.slice(0, -form.length));
}

/** A text without its white space and punctuation, for comparison. */
function formOf(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{Nd}]+/gu, "");
}

function pageKeyOf(destination: unknown): string | undefined {
  const target = Array.isArray(destination) ? destination[0] : undefined;
  if (typeof target === "number") return `${target}`;
  if (typeof target !== "object" || target === null || !("num" in target) || !("gen" in target)) {
    return undefined;
  }
  return `${target.num} ${target.gen}`;
}
