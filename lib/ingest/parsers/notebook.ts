// Jupyter notebooks, formats 2 to 4, https://nbformat.readthedocs.io. The cells in order: Markdown as it is written, code in
// a fence that names its language, so that it stays clear where prose ends and code begins. Outputs are left out: they
// follow from the code, are mostly tables, progress bars and pictures, and hold what the author did not write, such as
// paths and names of a machine. So are pictures inside Markdown.

import { normalizeText } from "../decode_text.ts";
import { ownValue } from "./_chat_text.ts";
import { parseJson } from "./_json_text.ts";
import { wholeText } from "./_text_parts.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/** Reads Jupyter notebooks; in line mode each cell is a document. */
export const notebookParser: Parser = { parse };

/** A cell of any format; nothing in it is checked. */
interface Cell {
  readonly type: string;
  readonly source: string;
  /** Of a code cell; empty when the notebook does not tell. */
  readonly language: string;
  /** Of a heading cell. */
  readonly level: number;
}

async function* parse(input: ParseInput): AsyncGenerator<ParseEvent> {
  const { text, events } = await wholeText(input);
  yield* events;
  const { mode, unicode } = input.data;
  const cells: string[] = [];
  for (const cell of cellsOf(parsedNotebook(text))) {
    const written = cellText(cell).trimEnd();
    if (written.trim() === "") continue;
    // escapes such as \r\n or half a surrogate pair appear only now
    cells.push(normalizeText(written, unicode));
  }
  const documents = mode === "line" || cells.length === 0 ? cells : [cells.join("\n\n") + "\n"];
  for (const document of documents) yield { type: "document", text: document };
}

function parsedNotebook(text: string): object {
  let notebook: unknown;
  try {
    notebook = parseJson(text);
  } catch (cause) {
    throw new ParseFailure("failed", "damaged notebook: not JSON", { cause });
  }
  if (typeof notebook === "object" && notebook !== null && !Array.isArray(notebook)) return notebook;
  throw new ParseFailure("failed", "damaged notebook: no cells");
}

function* cellsOf(notebook: object): Generator<Cell> {
  const lists = [ownValue(notebook, "cells")];
  // before format 4 the cells were in worksheets
  const worksheets = ownValue(notebook, "worksheets");
  if (Array.isArray(worksheets)) lists.push(...worksheets.map((sheet) => valueOf(sheet, "cells")));
  const found = lists.filter(Array.isArray);
  if (found.length === 0) throw new ParseFailure("failed", "damaged notebook: no cells");
  const language = languageOf(notebook);
  for (const cell of found.flat() as unknown[]) {
    const level = valueOf(cell, "level");
    yield {
      type: textOf(valueOf(cell, "cell_type")),
      source: textOf(valueOf(cell, "source") ?? valueOf(cell, "input")),
      language: textOf(valueOf(cell, "language")) || language,
      level: typeof level === "number" ? Math.min(Math.max(Math.trunc(level), 1), 6) : 1,
    };
  }
}

function languageOf(notebook: object): string {
  const metadata = ownValue(notebook, "metadata");
  const named = textOf(valueOf(valueOf(metadata, "language_info"), "name")) ||
    textOf(valueOf(valueOf(metadata, "kernelspec"), "language"));
  return /^[\w.+#-]{1,40}$/.test(named) ? named.toLowerCase() : "";
}

function cellText({ type, source, language, level }: Cell): string {
  switch (type) {
    case "code":
      return source.trim() === "" ? "" : fenced(source.replace(/\n+$/, ""), language);
    case "heading":
      return `${"#".repeat(level)} ${source.trim()}`;
    default:
      return withoutPictures(source);
  }
}

/** A fence longer than any in the code. */
function fenced(code: string, language: string): string {
  const longest = (code.match(/^`{3,}/gm) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${code}\n${fence}`;
}

/** Pictures whose bytes are in the Markdown itself or attached to the cell leave their descriptions. */
function withoutPictures(markdown: string): string {
  return markdown
    .replace(/!\[([^\]\n]*)\]\((?:data:|attachment:)[^)\s]*(?:\s+"[^"\n]*")?\)/g, "$1")
    .replace(/<img\b[^>]*\bsrc\s*=\s*["']data:[^>]*>/gi, "");
}

/** A text, or a list of its lines. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.filter((line) => typeof line === "string").join("") : "";
}

function valueOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? ownValue(value, name) : undefined;
}
