// Opens a PDF with pdf.js: the package is imported once, on first use, and works in this thread. Knows which of its
// errors mean what; knows nothing of text. See https://github.com/mozilla/pdf.js

import { makePagesListed } from "./_pdf_page_tree.ts";
import { ParseFailure } from "./parser.ts";

/** A document of pdf.js. */
export type PdfDocument = import("npm:pdfjs-dist@5.7.284").PDFDocumentProxy;
/** A page of pdf.js. */
export type PdfPage = import("npm:pdfjs-dist@5.7.284").PDFPageProxy;
/** The library. */
export type PdfLibrary = typeof import("npm:pdfjs-dist@5.7.284");

/** An open document, to be held with `await using`. */
export interface OpenPdf extends AsyncDisposable {
  readonly document: PdfDocument;
  readonly library: PdfLibrary;
}

/** How far into a file its `%PDF-` mark may stand. */
const HEADER_REACH = 1024;

let imported: Promise<PdfLibrary> | undefined;

/** Where the package is: character maps, fonts and image decoders are read from it. */
function pdfFolder(): string {
  const { pathname } = new URL(".", import.meta.resolve("npm:pdfjs-dist@5.7.284/package.json"));
  const path = decodeURIComponent(pathname).replace(/\/$/, "");
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

/**
 * Opens a document.
 *
 * @param bytes - content of the file; copied
 * @param maxPixels - images of more pixels are left out before they are decoded
 * @throws {ParseFailure} when it is damaged, no PDF or needs a password
 */
export async function openPdf(bytes: Uint8Array, maxPixels: number): Promise<OpenPdf> {
  const library = await (imported ??= importLibrary());
  const folder = pdfFolder();
  const data = bytes.slice();
  makePagesListed(data);
  let task: ReturnType<PdfLibrary["getDocument"]> | undefined;
  try {
    task = library.getDocument({
      data,
      verbosity: 0,
      cMapUrl: `${folder}/cmaps/`,
      cMapPacked: true,
      standardFontDataUrl: `${folder}/standard_fonts/`,
      wasmUrl: `${folder}/wasm/`,
      iccUrl: `${folder}/iccs/`,
      disableFontFace: true,
      useSystemFonts: false,
      useWorkerFetch: false,
      isOffscreenCanvasSupported: false,
      isImageDecoderSupported: false,
      maxImageSize: maxPixels,
    });
    const opened = task;
    return { document: await opened.promise, library, [Symbol.asyncDispose]: () => opened.destroy() };
  } catch (cause) {
    await task?.destroy();
    throw openingFailure(cause, bytes);
  }
}

/** Why a document did not open, in the words of the manifest. */
function openingFailure(cause: unknown, bytes: Uint8Array): ParseFailure {
  if (nameOf(cause) === "PasswordException") {
    return new ParseFailure("failed", "encrypted: a password is needed", { cause });
  }
  if (bytes.length === 0) return new ParseFailure("failed", "empty file", { cause });
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, HEADER_REACH));
  return new ParseFailure("failed", head.includes("%PDF-") ? "damaged PDF" : "not a PDF", { cause });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

async function importLibrary(): Promise<PdfLibrary> {
  const library = await import("npm:pdfjs-dist@5.7.284/legacy/build/pdf.mjs");
  // found here, the worker is not started from a path of its own
  const worker = await import("npm:pdfjs-dist@5.7.284/legacy/build/pdf.worker.mjs");
  Object.assign(globalThis, { pdfjsWorker: worker });
  globalThis.addEventListener("unhandledrejection", keepStrayRejection);
  return library;
}

/** In damaged files pdf.js starts to read objects that nobody waits for: their failure is no reason to end. */
function keepStrayRejection(event: PromiseRejectionEvent): void {
  const { reason } = event;
  if (reason instanceof Error && /pdf\.js|pdfjs-dist/.test(reason.stack ?? "")) event.preventDefault();
}
