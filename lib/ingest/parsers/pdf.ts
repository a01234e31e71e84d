// PDF: one document a file, and a new one after every 1 Mi characters, read page by page so that memory does not grow with
// the pages. Text comes in the order in
// which the page draws it, without running headers and page numbers; outline titles become headings; form values and
// free-text notes follow the text of their page. A page that is a scan goes to text recognition. Actions and scripts
// of the file are never run. See ISO 32000-2.

import { type FlowingLine, FlowingText } from "./_flowing_text.ts";
import { FurnitureWindow, type LinedPage, type PageLine } from "./page_furniture.ts";
import { PdfForms } from "./_pdf_forms.ts";
import { openPdf, type PdfDocument, type PdfPage } from "./_pdf_library.ts";
import { linesOf, type TextPiece } from "./_pdf_lines.ts";
import { type Outline, readOutline, titlesOf, withHeadings } from "./_pdf_outline.ts";
import { OCR_IS_OFF, type OpenRecognizer, ScanReader } from "./_pdf_scan.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { openRecognizer } from "./recognize.ts";

/** What the pages of one file share. */
interface Reading {
  readonly document: PdfDocument;
  readonly outline: Outline;
  readonly forms: PdfForms;
  readonly scans: ScanReader;
  /** Why something is missing from the text. */
  readonly omitted: Set<string>;
}

type PdfLine = PageLine & FlowingLine;

/** A file in which so many pages in a row cannot be read has no others: the number of pages may be a lie. */
const MAX_BROKEN_IN_A_ROW = 100;
/** Where a book goes on in a document of its own. */
const MAX_DOCUMENT_CHARACTERS = 1 << 20;
/** Fonts and images are let go every so many pages. */
const CLEANUP_PAGES = 500;

/** PDF documents. */
export const pdfParser: Parser = { parse: (input) => parsePdf(input, openRecognizer) };

/**
 * Reads a PDF.
 *
 * @param open - opens text recognition, for the first page that is a scan
 * @throws {ParseFailure} when it does not open, or has no text
 */
export async function* parsePdf(input: ParseInput, open: OpenRecognizer): AsyncGenerator<ParseEvent> {
  const { bytes, data } = input;
  await using opened = await openPdf(bytes, data.maxPixels);
  const { document, library } = opened;
  using scans = new ScanReader(open, data, library);
  const omitted = new Set<string>();
  const reading = {
    document,
    outline: await readOutline(document),
    forms: new PdfForms(document),
    scans,
    omitted,
  };
  const window = new FurnitureWindow<PdfLine>();
  const text = new FlowingText();
  const total = data.maxPages > 0 ? Math.min(data.maxPages, document.numPages) : document.numPages;
  let brokenInARow = 0;
  let hasText = false;
  for (let number = 1; number <= total && brokenInARow < MAX_BROKEN_IN_A_ROW; number++) {
    const page = await readPage(number, reading);
    brokenInARow = page ? 0 : brokenInARow + 1;
    for (const ready of window.push(page ?? { lines: [], height: 0 })) text.addPage(ready.lines);
    yield { type: "pages", done: number, total };
    const volume = text.take(MAX_DOCUMENT_CHARACTERS);
    if (volume !== undefined) yield { type: "document", text: volume };
    hasText ||= volume !== undefined;
    if (number % CLEANUP_PAGES === 0) await document.cleanup();
  }
  for (const ready of window.end()) text.addPage(ready.lines);
  if (total < document.numPages) omitted.add("pages beyond data.max_pages");
  yield* documentOf(text.toString(), { omitted, hasText });
}

/** The rest of the text; that there is none at all is a failure. */
function* documentOf(
  text: string,
  found: { readonly omitted: ReadonlySet<string>; readonly hasText: boolean },
): Generator<ParseEvent> {
  const { omitted, hasText } = found;
  if (text.trim() === "" && !hasText) {
    const [reason = "no text"] = omitted;
    throw new ParseFailure(omitted.size === 0 || reason === OCR_IS_OFF ? "skipped" : "failed", reason);
  }
  for (const reason of omitted) yield { type: "omitted", reason };
  if (text.trim() !== "") yield { type: "document", text };
}

/** Undefined when the page cannot be read. */
async function readPage(number: number, reading: Reading): Promise<LinedPage<PdfLine> | undefined> {
  let page: PdfPage | undefined;
  try {
    page = await reading.document.getPage(number);
    return await readLines(page, reading);
  } catch (error) {
    reading.omitted.add(error instanceof ParseFailure ? error.message : "damaged pages");
    return undefined;
  } finally {
    page?.cleanup();
  }
}

async function readLines(page: PdfPage, reading: Reading): Promise<LinedPage<PdfLine>> {
  const { transform, height } = page.getViewport({ scale: 1 });
  const { items, styles } = await page.getTextContent();
  const isFixedPitch = (font: string): boolean => styles[font]?.fontFamily === "monospace";
  const drawn = linesOf(items as TextPiece[], { transform, height, isFixedPitch });
  const lines = await reading.scans.withScan(page, drawn, (reason) => reading.omitted.add(reason));
  const written = await reading.forms.textsOf(page.pageNumber - 1);
  const notes = written.flatMap((note) => note.split("\n")).map((text) => ({
    text,
    // in the middle of the page: no note is taken for a header
    baseline: height / 2,
    isFixedPitch: false,
    startsParagraph: true,
  }));
  const headed = withHeadings(lines, titlesOf(reading.outline, page)).map((line) => ({
    baseline: height / 2,
    ...line,
  }));
  return { lines: [...headed, ...notes], height };
}
