// JSON lines: one record a line, one document a record, in both values of data.mode. What of a record is its text is
// said in _field_text.ts, the layout of conversations in _chat_text.ts. Format: https://jsonlines.org.

import { normalizeText } from "../decode_text.ts";
import { type FieldPath, parseFieldPaths, recordText } from "./_field_text.ts";
import { parseJson } from "./_json_text.ts";
import { Omissions } from "./_omissions.ts";
import { textParts } from "./_text_parts.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

const NOT_JSON = "lines that are not JSON";

/**
 * Reads JSONL and NDJSON files. A line that is not JSON is left out and counted, with the number of the first one;
 * so is a line longer than 32 MiB.
 */
export const jsonlParser: Parser = { parse };

interface Reading {
  readonly paths: readonly FieldPath[];
  readonly omissions: Omissions;
  readonly unicode: "NFC" | "none";
  /** Lines that are not empty. */
  lines: number;
}

async function* parse(input: ParseInput): AsyncGenerator<ParseEvent> {
  const { fields, unicode } = input.data;
  const omissions = new Omissions();
  const reading: Reading = { paths: parseFieldPaths(fields), omissions, unicode, lines: 0 };
  for await (const { text, firstLine, events } of textParts(input, omissions)) {
    let line = firstLine;
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const document = lineText(text.slice(start, end), { reading, line });
      if (document !== undefined) yield { type: "document", text: document };
      start = end + 1;
      line++;
    }
    const document = lineText(text.slice(start), { reading, line });
    if (document !== undefined) yield { type: "document", text: document };
    yield* events;
  }
  if (reading.lines > 0 && omissions.count(NOT_JSON) === reading.lines) {
    throw new ParseFailure("failed", "no line is JSON");
  }
  yield* omissions.events();
}

function lineText(
  text: string,
  options: { readonly reading: Reading; readonly line: number },
): string | undefined {
  const { reading, line } = options;
  if (text === "" || text.trim() === "") return undefined;
  reading.lines++;
  let record: unknown;
  try {
    record = parseJson(text);
  } catch {
    reading.omissions.add(NOT_JSON, line); // or nested so deeply that it cannot be read
    return undefined;
  }
  const document = recordText(record, { ...reading, line });
  // escapes such as \r\n, a letter and its accent, or half a surrogate pair appear only now
  return document !== undefined && text.includes("\\") ? normalizeText(document, reading.unicode) : document;
}
