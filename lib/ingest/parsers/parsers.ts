// Which parser reads which kind of file. Only the parsing child loads this: with it come all packages.

import type { FileKind } from "../file_kinds.ts";
import { csvParser } from "./csv.ts";
import { docxParser } from "./docx.ts";
import { epubParser } from "./epub.ts";
import { gzipParser } from "./gzip.ts";
import { htmlParser } from "./html.ts";
import { imageParser } from "./image.ts";
import { jsonlParser } from "./jsonl.ts";
import { odtParser } from "./odt.ts";
import type { Parser } from "./parser.ts";
import { pdfParser } from "./pdf.ts";
import { tarParser } from "./tar.ts";
import { textParser } from "./text.ts";
import { xmlParser } from "./xml.ts";
import { zipParser } from "./zip.ts";

/** The parser of every kind; a package behind it is loaded when it is first needed. */
export const PARSERS: Readonly<Record<FileKind, Parser>> = {
  text: textParser,
  code: textParser,
  markdown: textParser,
  rst: textParser,
  latex: textParser,
  html: htmlParser,
  xml: xmlParser,
  json: textParser,
  jsonl: jsonlParser,
  csv: csvParser,
  notebook: textParser,
  pdf: pdfParser,
  image: imageParser,
  docx: docxParser,
  odt: odtParser,
  epub: epubParser,
  parquet: textParser,
  sqlite: textParser,
  zip: zipParser,
  tar: tarParser,
  gzip: gzipParser,
};
