// What is written on a PDF page beside its text: values of form fields and free-text notes.

import type { PdfDocument } from "./_pdf_library.ts";

const FREE_TEXT = 3;
const WIDGET = 20;
const MAX_CHARACTERS = 100_000;
/** Pages asked for at once: each question names all the others. */
const PAGES_AT_ONCE = 64;
/** A document that says it has more pages is not asked. */
const MAX_PAGES = 50_000;

/** What we use of an annotation of pdf.js. */
interface Annotation {
  readonly annotationType: number;
  readonly pageIndex: number;
  readonly hidden?: boolean;
  readonly password?: boolean;
  readonly fieldType?: string;
  readonly fieldValue?: unknown;
  readonly alternativeText?: string;
  readonly contentsObj?: { readonly str: string };
}

/** Texts written on the pages, asked for in blocks of pages in order. */
export class PdfForms {
  readonly #document: PdfDocument;
  /** Texts of the current block by page. */
  #texts = new Map<number, string[]>();
  #blockEnd = 0;

  constructor(document: PdfDocument) {
    this.#document = document;
  }

  /** Texts of a page; pages have to be asked for in order, the first with index 0. */
  async textsOf(pageIndex: number): Promise<readonly string[]> {
    if (this.#document.numPages > MAX_PAGES) return [];
    if (pageIndex >= this.#blockEnd) await this.#readBlock(pageIndex);
    return this.#texts.get(pageIndex) ?? [];
  }

  async #readBlock(from: number): Promise<void> {
    this.#blockEnd = Math.min(from + PAGES_AT_ONCE, this.#document.numPages);
    this.#texts = new Map();
    const found = await this.#annotations(from, this.#blockEnd).catch(() => undefined) ??
      await this.#annotationsOneByOne(from, this.#blockEnd);
    for (const annotation of found) {
      const text = textOf(annotation);
      if (text === "") continue;
      const { pageIndex } = annotation;
      this.#texts.set(pageIndex, [...this.#texts.get(pageIndex) ?? [], text]);
    }
  }

  async #annotations(from: number, to: number): Promise<Annotation[]> {
    const skipped = new Set<number>();
    for (let i = 0; i < this.#document.numPages; i++) if (i < from || i >= to) skipped.add(i);
    const types = new Set([FREE_TEXT, WIDGET]);
    const found = await this.#document.getAnnotationsByType(types, skipped) as Annotation[] | null;
    return found ?? [];
  }

  /** One page of a block is damaged: the others still have theirs. */
  async #annotationsOneByOne(from: number, to: number): Promise<Annotation[]> {
    const found: Annotation[] = [];
    for (let i = from; i < to; i++) found.push(...await this.#annotations(i, i + 1).catch(() => []));
    return found;
  }
}

function textOf(annotation: Annotation): string {
  if (annotation.hidden || annotation.password) return "";
  const text = annotation.annotationType === FREE_TEXT
    ? annotation.contentsObj?.str ?? ""
    : fieldText(annotation);
  return text.replace(/\r\n?/g, "\n").trim().slice(0, MAX_CHARACTERS);
}

function fieldText({ fieldType, fieldValue, alternativeText }: Annotation): string {
  if (fieldType !== "Tx" && fieldType !== "Ch") return "";
  const values = (Array.isArray(fieldValue) ? fieldValue : [fieldValue]).filter((one) =>
    typeof one === "string"
  );
  const value = values.join(", ").trim();
  if (value === "") return "";
  return alternativeText ? `${alternativeText}: ${value}` : value;
}
