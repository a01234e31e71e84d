// Which parser reads which kind of file. Only the parsing child loads this: with it come all packages.

import type { FileKind } from "../file_kinds.ts";
import { csvParser } from "./csv.ts";
import { docxParser } from "./docx.ts";
import { epubParser } from "./epub.ts";
import { gzipParser } from "./gzip.ts";
import { htmlParser } from "./html.ts";
import { imageParser } from "./image.ts";
import { jsonParser } from "./json.ts";
import { jsonlParser } from "./jsonl.ts";
import { latexParser } from "./latex.ts";
import { markdownParser } from "./markdown.ts";
import { notebookParser } from "./notebook.ts";
import { odtParser } from "./odt.ts";
import { parquetParser } from "./parquet.ts";
import type { Parser } from "./parser.ts";
import { pdfParser } from "./pdf.ts";
import { rstParser } from "./rst.ts";
import { sqliteParser } from "./sqlite.ts";
import { tarParser } from "./tar.ts";
import { textParser } from "./text.ts";
import { xmlParser } from "./xml.ts";
import { zipParser } from "./zip.ts";

/** The parser of every kind; a package behind it is loaded when it is first needed. */
export const PARSERS: Readonly<Record<FileKind, Parser>> = {
  text: textParser,
  code: textParser,
  markdown: markdownParser,
  rst: rstParser,
  latex: latexParser,
  html: htmlParser,
  xml: xmlParser,
  json: jsonParser,
  jsonl: jsonlParser,
  csv: csvParser,
  notebook: notebookParser,
  pdf: pdfParser,
  image: imageParser,
  docx: docxParser,
  odt: odtParser,
  epub: epubParser,
  parquet: parquetParser,
  sqlite: sqliteParser,
  zip: zipParser,
  tar: tarParser,
  gzip: gzipParser,
};
