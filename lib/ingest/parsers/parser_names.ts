// What can be said of parsers without loading one: names with versions, and which of them need a package.

import type { FileKind } from "../file_kinds.ts";

/** Name and version of the parser of every kind; the version is raised when the same bytes give other text. */
export const PARSER_NAMES: Readonly<Record<FileKind, string>> = {
  text: "text 1",
  code: "text 1",
  markdown: "markdown 1",
  rst: "rst 1",
  latex: "latex 1",
  html: "html 1",
  xml: "xml 1",
  json: "json 1",
  jsonl: "jsonl 1",
  csv: "csv 1",
  notebook: "notebook 1",
  pdf: "pdf 1",
  image: "image 1",
  docx: "docx 1",
  odt: "odt 1",
  epub: "epub 1",
  parquet: "parquet 1",
  sqlite: "sqlite 1",
  zip: "zip 1",
  tar: "tar 1",
  gzip: "gzip 1",
};

/** Kinds whose parsers are our own code throughout, as long as the text is UTF-8. */
export const OWN_KINDS: ReadonlySet<FileKind> = new Set<FileKind>(
  ["text", "code", "markdown", "rst", "latex", "json", "jsonl", "csv", "notebook", "sqlite"],
);
