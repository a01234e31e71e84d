// What sort of text a beginning of a text looks like, for files whose name says nothing. Careful rather than keen: what
// is not plainly mark-up, data or a script is prose.

import type { FileKind } from "./file_kinds.ts";

const MIN_TABLE_LINES = 3;
const MAX_TABLE_LINES = 20;
/** Separators and the fewest of them in a line that make a table; commas are frequent in prose. */
const SEPARATORS: readonly (readonly [separator: string, fewest: number])[] = [
  ["\t", 1],
  [",", 2],
  [";", 2],
  ["|", 2],
];

/**
 * Kind of a text.
 *
 * @param text - its beginning
 * @param options.isWhole - nothing follows
 */
export function textShape(text: string, { isWhole }: { isWhole: boolean }): FileKind {
  const start = text.trimStart();
  if (start.startsWith("#!")) return "code";
  if (start.startsWith("<")) return markupShape(start);
  if (/^[{[]/.test(start)) return jsonShape(start, { isWhole }) ?? "text";
  if (/^(?:%[^\n]*\n|\s)*\\(?:documentclass|documentstyle)\b/.test(start)) return "latex";
  return isTable(text, { isWhole }) ? "csv" : "text";
}

/**
 * Kind of a text that begins like JSON: one value, a notebook, or one value a line; undefined for other texts.
 *
 * @param text - its beginning
 * @param options.isWhole - nothing follows
 */
export function jsonShape(
  text: string,
  { isWhole }: { isWhole: boolean },
): "json" | "jsonl" | "notebook" | undefined {
  const start = text.trimStart();
  const [first, ...rest] = start.split("\n");
  const second = rest.find((line) => line.trim() !== "");
  if (second !== undefined && isJson(first) && /^\s*[{["]/.test(second)) return "jsonl";
  if (!startsAsJson(start, { isWhole })) return undefined;
  return /^\{[^]*"(?:cells|nbformat)"\s*:/.test(start) && /"(?:cell_type|nbformat)"\s*:/.test(start)
    ? "notebook"
    : "json";
}

function markupShape(start: string): FileKind {
  if (/^<!doctype\s+html\b/i.test(start)) return "html";
  if (/^<\?xml\b/i.test(start)) return /<html\b/i.test(start.slice(0, 1024)) ? "html" : "xml";
  if (/^<\?php\b/i.test(start)) return "code";
  if (/^(?:<!--[^]*?-->\s*)?<(?:html|head|body)\b/i.test(start)) return "html";
  return /^<!DOCTYPE\s+\w|^<(\w[\w:.-]*)\s+xmlns(?::\w+)?=/.test(start) ? "xml" : "text";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every word of the text is a word of JSON, up to one that may be cut off. */
function startsAsJson(text: string, { isWhole }: { isWhole: boolean }): boolean {
  const word = /\s*(?:"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:])/y;
  let end = 0;
  while (word.test(text)) end = word.lastIndex;
  const rest = text.slice(end).trim();
  if (isWhole) return rest === "" && isJson(text);
  return rest === "" || /^"[^\n]*$/.test(rest) || /^[a-z-]{1,5}$/.test(rest);
}

/** At least three lines with the same number of separators, outside of quotes. */
function isTable(text: string, { isWhole }: { isWhole: boolean }): boolean {
  const lines = text.split(/\r?\n/);
  if (!isWhole) lines.pop();
  const rows = lines.slice(0, MAX_TABLE_LINES).filter((line, index) =>
    line !== "" || index < lines.length - 1
  );
  if (rows.length < MIN_TABLE_LINES) return false;
  const bare = rows.map((line) => line.replaceAll(/"[^"]*"/g, ""));
  return SEPARATORS.some(([separator, fewest]) => {
    const count = bare[0].split(separator).length - 1;
    return count >= fewest && bare.every((line) => line.split(separator).length - 1 === count);
  });
}
