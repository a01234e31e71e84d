// Takes one file's text apart into documents: the whole file, its lines, or the records of a JSONL file.

import { normalizeText } from "./decode_text.ts";
import type { FileKind } from "./file_kinds.ts";

/** Filled while the documents of a file are taken out of it. */
export interface LineCount {
  /** Lines of a JSONL file that are not empty. */
  lines: number;
  /** Those of them that are not JSON. */
  bad: number;
  /** Number of the first one, counted from 1; 0 when there is none. */
  firstBad: number;
}

/**
 * Yields the documents of a file in order.
 *
 * A JSONL file gives one document a line in both modes: a text that is the record itself or its `text` field,
 * otherwise the whole record, pretty-printed. Every other file is one document, or in line mode one a line.
 *
 * @param text - the decoded file, line ends LF
 * @param options.lineCount - counts JSONL lines; those that are not JSON are left out
 */
export function* splitDocuments(
  text: string,
  options: {
    readonly kind: FileKind;
    readonly mode: "document" | "line";
    readonly unicode: "NFC" | "none";
    readonly lineCount: LineCount;
  },
): Generator<string> {
  const { kind, mode, unicode, lineCount } = options;
  if (kind === "jsonl") {
    yield* jsonlDocuments(text, { unicode, lineCount });
  } else if (mode === "line") {
    yield* linesOf(text);
  } else {
    yield text;
  }
}

function* jsonlDocuments(
  text: string,
  options: { readonly unicode: "NFC" | "none"; readonly lineCount: LineCount },
): Generator<string> {
  const { unicode, lineCount } = options;
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line.trim() === "") continue;
    lineCount.lines++;
    const record = parseRecord(line);
    if (record === undefined) {
      lineCount.bad++;
      lineCount.firstBad ||= number;
    } else {
      // escapes such as \r\n or half a surrogate pair appear only now
      yield normalizeText(record, unicode);
    }
  }
}

function parseRecord(line: string): string | undefined {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === "string") return record;
    if (
      typeof record === "object" && record !== null && "text" in record && typeof record.text === "string"
    ) {
      return record.text;
    }
    return JSON.stringify(record, null, 2);
  } catch {
    return undefined; // not JSON, or nested so deeply that it cannot be read
  }
}

function* linesOf(text: string): Generator<string> {
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    yield text.slice(start, end);
    start = end + 1;
  }
  if (start < text.length) yield text.slice(start);
}
