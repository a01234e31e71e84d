// Markdown: kept as it is, because its marks are what a model should read and write: headings, lists, code fences and tables are the
// structure of the text in characters. Left out is what no reader sees: front matter and HTML comments outside of code.

import { decodeAnyText } from "../detect_encoding.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** Markdown of any flavour. */
export const markdownParser: Parser = { parse: parseMarkdown };

/** Longer front matter is a rule and some text. */
const MAX_FRONT_MATTER = 16_384;

async function* parseMarkdown({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const decoded = await decodeAnyText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  yield* textDocuments(withoutComments(withoutFrontMatter(decoded.text)), data, decoded);
}

/** Keys between two lines of `---` or `+++` at the very beginning. */
function withoutFrontMatter(text: string): string {
  const mark = /^(---|\+\+\+)[ \t]*\n/.exec(text)?.[1];
  if (mark === undefined) return text;
  const end = text.slice(0, MAX_FRONT_MATTER).indexOf(`\n${mark}`, 3);
  if (end < 0) return text;
  const keys = text.slice(text.indexOf("\n") + 1, end + 1);
  const isKeys = /^\s*(?:[\w"'.-]+[ \t]*[:=]|\[[\w.]+\]|#)/.test(keys) || keys.trim() === "";
  const next = text.indexOf("\n", end + 1);
  if (!isKeys || text.slice(end + 4, next < 0 ? undefined : next).trim() !== "") return text;
  return next < 0 ? "" : text.slice(next + 1).replace(/^\n+/, "");
}

/** Removes `<!-- -->` outside of code; one that is never closed is text. */
function withoutComments(text: string): string {
  if (!text.includes("<!--")) return text;
  let kept = "";
  let fence: string | undefined;
  let hasEnd = true;
  for (let at = 0, lineEnd = 0; at < text.length;) {
    const isLineStart = at >= lineEnd;
    if (isLineStart) lineEnd = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at) + 1;
    const line = text.slice(at, lineEnd);
    const mark = isLineStart ? /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] : undefined;
    const isCode = fence !== undefined || mark !== undefined || (isLineStart && /^(?: {4}|\t)/.test(line));
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
    const start = isCode || !hasEnd ? -1 : commentStart(line);
    const end = start < 0 ? -1 : text.indexOf("-->", at + start + 4);
    if (start >= 0 && end < 0) hasEnd = false;
    kept += end < 0 ? line : line.slice(0, start);
    at = end < 0 ? lineEnd : end + 3;
    // a comment on lines of its own leaves none
    if (end >= 0 && isLineStart && start === 0 && text[at] === "\n") at++;
  }
  return kept;
}

/** Where a comment begins in a line, outside of code between backticks; -1 when none does. */
function commentStart(line: string): number {
  for (let at = line.indexOf("<!--"), from = 0, ticks = 0; at >= 0; at = line.indexOf("<!--", at + 4)) {
    for (; from < at; from++) if (line[from] === "`") ticks++;
    if (ticks % 2 === 0) return at;
  }
  return -1;
}
