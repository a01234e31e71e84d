// Takes the mark-up off a LaTeX source in one pass over its characters, with the open groups on a stack of bounded depth.

import { ACCENTS, LETTERS } from "./_latex_characters.ts";
import { COPIED, HEADINGS, HIDDEN, LITERAL, SECOND, SILENT, TABLES } from "./_latex_commands.ts";

const MAX_DEPTH = 1000;
/** An environment or a formula may be this long. */
const MAX_COPIED = 1 << 20;

/**
 * Extracts the readable text of a source.
 *
 * @returns undefined when braces do not match or are nested too deeply to be a text
 */
export function latexText(source: string): string | undefined {
  const start = /\\begin\s*\{document\}/.exec(source);
  const from = start === null ? 0 : start.index + start[0].length;
  const end = source.indexOf("\\end{document}", from);
  const preamble = start === null ? "" : source.slice(0, start.index);
  const title = /\\title\s{0,9}(?:\[[^\]]{0,500}\])?\s{0,9}(\{[^{}]{0,500}\})/.exec(preamble)?.[0];
  const body = (title === undefined ? "" : `${title}\n\n`) + source.slice(from, end < 0 ? undefined : end);
  return new LatexReader(body).read();
}

/** What happens at the end of a group. */
interface Group {
  readonly kind: "plain" | "heading" | "note";
}

class LatexReader {
  readonly #source: string;
  #at = 0;
  readonly #pieces: string[] = [];
  readonly #groups: Group[] = [];
  #tables = 0;
  readonly #places = new Map<string, number>();
  #unclosed = 0;
  readonly #lists: ("-" | number)[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  read(): string | undefined {
    const special = /[\\{}%$~&\n`'-]/g;
    while (this.#at < this.#source.length) {
      special.lastIndex = this.#at;
      const next = special.exec(this.#source)?.index ?? this.#source.length;
      this.#write(this.#source.slice(this.#at, next));
      this.#at = next;
      if (next < this.#source.length && !this.#special(this.#source[next])) return undefined;
    }
    if (this.#groups.length > 0) return undefined;
    return this.#pieces.join("").split("\n").map((line) => line.trimEnd()).join("\n").replace(
      /\n{3,}/g,
      "\n\n",
    ).replace(/^\n+/, "").trimEnd();
  }

  /** @returns false when the braces do not match */
  #special(char: string): boolean {
    if (char === "\\") return this.#command();
    if (char === "{") return this.#openGroup("plain");
    if (char === "}") return this.#closeGroup();
    if (char === "%") this.#comment();
    else if (char === "$") this.#formula(this.#source.startsWith("$$", this.#at) ? "$$" : "$");
    else if (char === "~") this.#replace(1, " ");
    else if (char === "&") this.#cell();
    else if (char === "\n") this.#replace(1, "\n");
    else this.#sign();
    return true;
  }

  #cell(): void {
    if (this.#tables === 0) return this.#replace(1, "&");
    this.#trim();
    this.#replace(1, "\t");
    this.#skipSpace();
  }

  /** Quotes and dashes are written as two or three signs. */
  #sign(): void {
    for (const [signs, text] of [["``", "“"], ["''", "”"], ["---", "—"], ["--", "–"]]) {
      if (this.#source.startsWith(signs, this.#at)) return this.#replace(signs.length, text);
    }
    this.#replace(1, this.#source[this.#at] === "`" ? "‘" : this.#source[this.#at]);
  }

  /** A comment reaches into the next line up to its first character; an empty line stays one. */
  #comment(): void {
    const end = this.#source.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#source.length : end;
    // a line that holds only the comment is no empty line
    const last = this.#pieces.at(-1) ?? "\n";
    if (end >= 0 && last.endsWith("\n")) this.#at = end + 1;
  }

  #formula(mark: string): void {
    const close = mark === "\\(" ? "\\)" : mark === "\\[" ? "\\]" : mark;
    let end = this.#at + mark.length;
    do {
      end = this.#find(close, end);
      if (end > 0 && this.#source[end - 1] === "\\" && close.startsWith("$")) end++;
      else break;
    } while (end > 0);
    // a lone dollar is a character
    const isFormula = end > 0 && end - this.#at < MAX_COPIED &&
      (mark !== "$" || !/\n\s*\n/.test(this.#source.slice(this.#at, Math.min(end, this.#at + 5000))));
    if (!isFormula) return this.#replace(mark.length, mark);
    this.#replace(end + close.length - this.#at, this.#source.slice(this.#at, end + close.length));
  }

  #command(): boolean {
    const name = /[A-Za-z@]{1,60}\*?|[^]/y;
    name.lastIndex = this.#at + 1;
    const found = name.exec(this.#source)?.[0] ?? "";
    const start = this.#at;
    this.#at += 1 + found.length;
    if (/^[^A-Za-z@]/.test(found)) {
      this.#symbol(found, start);
      return true;
    }
    const word = found.replace("*", "");
    if (word === "begin" || word === "end") this.#environment(word);
    else if (word === "verb" || word === "lstinline") this.#verbatim();
    else if (word === "item") this.#item();
    else if (HEADINGS.has(word)) return this.#heading();
    else if (word === "footnote" || word === "footnotetext") return this.#argument("note");
    else if (SECOND.has(word)) this.#skipArguments(word.startsWith("multi") ? 2 : 1);
    else if (SILENT.has(word)) this.#silent();
    else if (LETTERS.has(word)) {
      this.#write(LETTERS.get(word)!);
      this.#skipSpace();
    } else if (word === "par" || word === "newline" || word === "linebreak") this.#write("\n");
    else if (word.length === 1 && ACCENTS.has(word)) this.#accent(word);
    else this.#unknown();
    return true;
  }

  /** What referred to something leaves no space before the full stop. */
  #silent(): void {
    this.#skipArguments(9);
    if (!/[.,;:)]/.test(this.#source[this.#at] ?? "")) return;
    const last = this.#pieces.pop() ?? "";
    this.#write(last.trimEnd() === "" && last.includes("\n") ? last : last.trimEnd());
  }

  /** A command nobody knows leaves its arguments in braces, as text. */
  #unknown(): void {
    this.#skipBracket();
    if (this.#source[this.#at] !== "{") this.#skipSpace();
  }

  /** Commands of one sign: formulas, line ends, escaped characters, accents, thin spaces. */
  #symbol(sign: string, start: number): void {
    if (sign === "(" || sign === "[") {
      this.#at = start;
      return this.#formula(`\\${sign}`);
    }
    if (sign === "\\") {
      this.#skipBracket();
      this.#skipSpace();
      if (this.#source[this.#at] === "\n") this.#at++;
      this.#write("\n");
    } else if (ACCENTS.has(sign)) this.#accent(sign);
    else if (/[,;: !>\n]/.test(sign)) this.#write(sign === "!" ? "" : " ");
    else if (!/[-/)\]@]/.test(sign)) this.#write(sign);
  }

  /** `\'e`, `\'{e}` and `\c c` to one character. */
  #accent(sign: string): void {
    const letter = /\s*(?:\{\\?([A-Za-z]?)\}|\\?([A-Za-z]))/y;
    letter.lastIndex = this.#at;
    const match = letter.exec(this.#source);
    if (match === null) return;
    this.#at = letter.lastIndex;
    this.#write(`${match[1] ?? match[2]}${ACCENTS.get(sign)}`.normalize("NFC"));
  }

  #environment(word: "begin" | "end"): void {
    const name = /\s*\{([A-Za-z@]{1,60})\*?\}/y;
    name.lastIndex = this.#at;
    const match = name.exec(this.#source);
    if (match === null) return;
    this.#at = name.lastIndex;
    const environment = match[1];
    const isBegin = word === "begin";
    if (isBegin && (COPIED.has(environment) || HIDDEN.has(environment))) {
      return this.#copy(environment, match[0].trim());
    }
    if (environment === "itemize" || environment === "enumerate" || environment === "description") {
      if (isBegin && this.#lists.length < MAX_DEPTH) this.#lists.push(environment === "enumerate" ? 0 : "-");
      else if (!isBegin) this.#lists.pop();
    }
    if (TABLES.has(environment)) {
      this.#tables = Math.max(0, this.#tables + (isBegin ? 1 : -1));
      if (isBegin) this.#skipArguments(2);
    } else if (isBegin) this.#skipBracket();
    this.#write("\n");
  }

  #copy(environment: string, braces: string): void {
    const close = `\\end${braces}`;
    const end = this.#find(close, this.#at);
    if (end < 0 || end - this.#at > MAX_COPIED) return; // its content is read as text
    const content = this.#source.slice(this.#at, end);
    this.#at = end + close.length;
    if (HIDDEN.has(environment)) return;
    if (LITERAL.has(environment)) {
      return this.#write(
        `\n${content.replace(/^(?:\[[^\]\n]{0,500}\]|\{[^}\n]{0,500}\}){0,3}\n?/, "").trimEnd()}\n`,
      );
    }
    const formula = content.replace(/\\label\{[^{}]{0,200}\}/g, "").trim();
    this.#write(`\n\\begin${braces}\n${formula}\n${close}\n`);
  }

  #verbatim(): void {
    const mark = this.#source[this.#at];
    if (mark === undefined || /[\s{]/.test(mark)) return;
    const line = this.#source.slice(this.#at + 1, this.#at + 1000).split("\n", 1)[0];
    const end = line.indexOf(mark);
    if (end >= 0) this.#replace(end + 2, line.slice(0, end));
  }

  #item(): void {
    const list = this.#lists.at(-1) ?? "-";
    if (typeof list === "number") this.#lists[this.#lists.length - 1] = list + 1;
    const indent = "  ".repeat(Math.min(Math.max(this.#lists.length - 1, 0), 20));
    const label = /\s*\[([^\][{}\\$]{0,200})\]/y;
    label.lastIndex = this.#at;
    const match = label.exec(this.#source);
    if (match !== null) this.#at = label.lastIndex;
    this.#skipSpace();
    const mark = typeof list === "number" ? `${list + 1}.` : "-";
    this.#line();
    this.#write(`${indent}${match === null ? mark : `${mark} ${match[1]}:`} `);
  }

  #heading(): boolean {
    this.#skipBracket();
    this.#write("\n\n");
    return this.#argument("heading");
  }

  /** Enters the group that follows, if one does. */
  #argument(kind: Group["kind"]): boolean {
    this.#skipSpace();
    if (this.#source[this.#at] !== "{") return true;
    if (kind === "note") this.#write(" [");
    return this.#openGroup(kind);
  }

  #openGroup(kind: Group["kind"]): boolean {
    this.#at++;
    if (this.#groups.length === MAX_DEPTH || this.#unclosed > MAX_UNCLOSED) return false;
    this.#groups.push({ kind });
    return true;
  }

  #closeGroup(): boolean {
    this.#at++;
    const group = this.#groups.pop();
    if (group?.kind === "heading") this.#write("\n\n");
    if (group?.kind === "note") this.#write("]");
    return group !== undefined;
  }

  /** Passes over arguments in brackets and at most so many in braces. */
  #skipArguments(most: number): void {
    for (let count = 0; count < most; count++) {
      this.#skipBracket();
      if (this.#source[this.#at] !== "{") return;
      const end = closingBrace(this.#source, this.#at);
      if (end < 0) {
        this.#unclosed++;
        return;
      }
      this.#at = end + 1;
    }
  }

  /** First place of a closing mark; remembered, so that opening marks without one cost nothing. */
  #find(mark: string, from: number): number {
    const known = this.#places.get(mark);
    if (known !== undefined && (known < 0 || known >= from)) return known;
    const place = this.#source.indexOf(mark, from);
    this.#places.set(mark, place);
    return place;
  }

  #skipBracket(): void {
    const bracket = /[ \t]{0,9}\[[^\][]{0,500}\]/y;
    bracket.lastIndex = this.#at;
    if (bracket.test(this.#source)) this.#at = bracket.lastIndex;
  }

  #skipSpace(): void {
    while (this.#source[this.#at] === " " || this.#source[this.#at] === "\t") this.#at++;
  }

  /** Ends the line unless it is at its beginning. */
  #line(): void {
    this.#trim();
    if (!(this.#pieces.at(-1) ?? "\n").endsWith("\n")) this.#write("\n");
  }

  /** Takes back spaces at the end of the line. */
  #trim(): void {
    while (/^[ \t]+$/.test(this.#pieces.at(-1) ?? "")) this.#pieces.pop();
    const last = this.#pieces.at(-1) ?? "";
    if (/[ \t]$/.test(last)) this.#pieces[this.#pieces.length - 1] = last.trimEnd();
  }

  #replace(length: number, text: string): void {
    this.#at += length;
    this.#write(text);
  }

  #write(text: string): void {
    if (text !== "") this.#pieces.push(text);
  }
}

/** An argument without text is short; the search for its end is bounded, so that many unclosed ones cost little. */
const MAX_ARGUMENT = 10_000;
const MAX_UNCLOSED = 100;

function closingBrace(source: string, open: number): number {
  let depth = 0;
  const end = Math.min(source.length, open + MAX_ARGUMENT);
  for (let at = open; at < end; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "{") depth++;
    else if (source[at] === "}" && --depth === 0) return at;
  }
  return -1;
}
