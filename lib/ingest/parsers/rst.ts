// reStructuredText: what a reader of the finished page sees. Comments, targets and options of directives are left out, roles and links
// become their text, underlines of headings go. Nothing is included from other files. Format:
// https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html

import { decodeAnyText } from "../detect_encoding.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** reStructuredText of Docutils and Sphinx. */
export const rstParser: Parser = { parse: parseRst };

/** Directives whose content is no text: file names, options, drawings, text for one kind of output. */
const SILENT = new Set(
  ("toctree include literalinclude raw contents index highlight module currentmodule role default-role meta graphviz " +
    "tabularcolumns sectnum header footer only_html figure_dump autosummary automodule autoclass autofunction plot")
    .split(" "),
);
/** Directives whose argument is text. */
const TITLED = new Set(
  ("admonition topic sidebar rubric note warning tip hint important caution danger error attention seealso todo " +
    "versionadded versionchanged deprecated table list-table csv-table centered glossary").split(" "),
);
/** Directives whose content is code, kept as it is. */
const CODE = new Set([
  "code",
  "code-block",
  "sourcecode",
  "parsed-literal",
  "math",
  "doctest",
  "testcode",
  "prompt",
]);

async function* parseRst({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const decoded = await decodeAnyText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  yield* textDocuments(rstText(decoded.text), data, decoded);
}

function rstText(source: string): string {
  const lines = source.split("\n");
  const kept: string[] = [];
  /** Indentation of a block that is copied as it is; -1 outside of one. */
  let literal = -1;
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const indent = indentOf(line);
    if (literal >= 0 && line.trim() !== "" && indent <= literal) literal = -1;
    if (literal >= 0) {
      kept.push(line);
      at++;
    } else if (/^\s*\.\.(?:\s|$)/.test(line)) {
      const block = explicitBlock(lines, at);
      kept.push(...block.texts);
      if (block.isCode) literal = indent;
      at = block.next;
    } else if (isAdornment(lines, at)) {
      at++;
    } else {
      if (/::\s*$/.test(line)) literal = indent;
      kept.push(inlineText(line.replace(/(\S)::(\s*)$/, "$1:$2").replace(/^\s*::\s*$/, "")));
      at++;
    }
  }
  return kept.join("\n").replace(/\n{3,}/g, "\n\n").replace(/^\n+/, "");
}

/** What is to be kept of a block that begins with two dots, and the line where reading goes on. */
function explicitBlock(
  lines: readonly string[],
  start: number,
): { texts: string[]; next: number; isCode: boolean } {
  const indent = indentOf(lines[start]);
  const line = lines[start].trim();
  const note = /^\.\.\s+(\[[^\]]{1,100}\])\s+(.*)$/.exec(line);
  if (note !== null) return { texts: [`${note[1]} ${inlineText(note[2])}`], next: start + 1, isCode: false };
  const directive = /^\.\.\s+(?:\|[^|]{1,200}\|\s+)?([\w:.+-]{1,80})::\s*(.*)$/.exec(line);
  if (directive === null || SILENT.has(directive[1]) || /^\.\.\s+\|/.test(line)) {
    return { texts: [], next: skipBlock(lines, { start, indent }), isCode: false };
  }
  const [, name, argument] = directive;
  let next = start + 1;
  let alt = "";
  for (; next < lines.length; next++) {
    const option = /^\s+:([\w-]{1,60}):\s*(.*)$/.exec(lines[next]);
    if (option === null || indentOf(lines[next]) <= indent) break;
    if (option[1] === "alt") alt = option[2];
  }
  if (name === "image" || name === "figure") {
    return { texts: alt === "" ? [] : [`[${alt}]`], next, isCode: false };
  }
  // a domain such as `py:function::` documents what its argument says
  const isArgumentText = TITLED.has(name) || name.includes(":") ||
    /^(?:function|class|method|data|option)$/.test(name);
  const texts = isArgumentText && argument !== "" ? [inlineText(argument)] : [];
  return { texts, next, isCode: CODE.has(name) };
}

function skipBlock(lines: readonly string[], block: { start: number; indent: number }): number {
  let next = block.start + 1;
  while (next < lines.length && (lines[next].trim() === "" || indentOf(lines[next]) > block.indent)) next++;
  // the empty line in front of what follows
  while (next > block.start + 1 && lines[next - 1].trim() === "") next--;
  return next;
}

/** A line of one sign repeated, under or over a heading. */
function isAdornment(lines: readonly string[], at: number): boolean {
  const line = lines[at].trimEnd();
  if (line.length < 2 || !/^([!-/:-@[-`{-~])\1*$/.test(line)) return false;
  const before = lines[at - 1]?.trim() ?? "";
  const after = lines[at + 1]?.trim() ?? "";
  const isUnder = before !== "" && before.length <= line.length + 1;
  const isOver = before === "" && after !== "" && (lines[at + 2]?.trimEnd() ?? "") === line;
  const isTransition = before === "" && after === "" && line.length >= 4;
  return isUnder || isOver || isTransition;
}

function inlineText(line: string): string {
  if (!/[`*_|]/.test(line)) return line;
  return line
    .replace(/(?<!`)``([^`\s](?:.{0,300}?\S)?)``(?!`)/g, "\u0000$1\u0000") // literals first: marks inside them are characters
    .split("\u0000")
    .map((part, at) => at % 2 === 1 ? part : plainText(part))
    .join("");
}

function plainText(text: string): string {
  return text
    .replace(
      /(?::[\w:.+-]{1,80}:)?`([^`<]{1,500})<[^`<>]{1,500}>`_{0,2}/g,
      (_, label: string) => label.trimEnd(),
    )
    .replace(/:[\w:.+-]{1,80}:`[!~]?([^`]{1,2000})`/g, "$1")
    .replace(/`([^`]{1,2000})`_{0,2}/g, "$1")
    .replace(/\*\*([^*\s](?:[^*]{0,2000}[^*\s])?)\*\*/g, "$1")
    .replace(/(^|[^\w*\\])\*([^*\s](?:[^*]{0,2000}[^*\s])?)\*(?![\w*])/g, "$1$2")
    .replace(/(\[(?:#?[\w.-]{0,60}|\*)\])_(?!\w)/g, "$1")
    .replace(/(^|[\s(])\|([^|\s][^|]{0,200})\|_{0,2}/g, "$1$2")
    .replace(/\b([A-Za-z](?:[\w.-]{0,60}[A-Za-z0-9])?)__?(?=[\s.,;:!?)]|$)/g, "$1");
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
