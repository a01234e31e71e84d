// JSON files. A list of records that have texts of their own (data.fields, a text, a conversation, a content) gives one
// document a record, whatever data.mode is. Anything else is a document as it is written: settings and the like are read
// the way people wrote them, with their comments where they have some.

import { normalizeText } from "../decode_text.ts";
import { type FieldPath, ownText, parseFieldPaths, recordText } from "./_field_text.ts";
import { parseJson } from "./_json_text.ts";
import { Omissions } from "./_omissions.ts";
import { wholeText } from "./_text_parts.ts";
import { jsonlParser } from "./jsonl.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/**
 * Reads JSON files. In line mode each element of a list is a document, and each line of anything else. A file of JSON
 * lines is read as such.
 */
export const jsonParser: Parser = { parse };

async function* parse(input: ParseInput): AsyncGenerator<ParseEvent> {
  const { data } = input;
  const paths = parseFieldPaths(data.fields);
  const { text, events } = await wholeText(input);
  const value = parsed(text);
  if (value === undefined && isJsonLines(text)) {
    yield* jsonlParser.parse(input);
    return;
  }
  yield* events;
  if (value === undefined && paths.length > 0) {
    throw new ParseFailure("failed", "not JSON: data.fields finds nothing");
  }
  const omissions = new Omissions();
  const unicode = text.includes("\\") ? data.unicode : undefined;
  const records = recordsOf(value?.value, { paths, mode: data.mode });
  if (records === undefined) {
    yield* writtenDocuments(text, data.mode);
    return;
  }
  for (const record of records) {
    const document = recordText(record, { paths, omissions });
    if (document === undefined) continue;
    // escapes such as \r\n, a letter and its accent, or half a surrogate pair appear only now
    yield { type: "document", text: unicode === undefined ? document : normalizeText(document, unicode) };
  }
  yield* omissions.events();
}

/** Undefined when it is not JSON, or nested so deeply that it cannot be read. */
function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJson(text) };
  } catch {
    return undefined;
  }
}

/** Several lines, of which the first is a record. */
function isJsonLines(text: string): boolean {
  const start = text.search(/\S/);
  const end = text.indexOf("\n", start);
  if (start < 0 || end < 0 || text.slice(end).trim() === "") return false;
  const first = parsed(text.slice(start, end))?.value;
  return typeof first === "object" && first !== null;
}

/** The records to read one by one; undefined when the file is kept as it is written. */
function recordsOf(
  value: unknown,
  options: { readonly paths: readonly FieldPath[]; readonly mode: "document" | "line" },
): readonly unknown[] | undefined {
  const { paths, mode } = options;
  const isList = Array.isArray(value);
  const list: readonly unknown[] = isList ? value : [value];
  if (paths.length > 0) return isList && paths.some(({ steps }) => steps[0] === null) ? [value] : list;
  if (isList && mode === "line") return list;
  const ignored = new Omissions();
  return list.some((one) => ownText(one, ignored) !== undefined) ? list : undefined;
}

function* writtenDocuments(text: string, mode: "document" | "line"): Generator<ParseEvent> {
  const documents = mode === "line" ? text.replace(/\n$/, "").split("\n") : [text];
  for (const document of documents) yield { type: "document", text: document };
}
