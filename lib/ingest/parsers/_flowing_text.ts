// Lines of pages, put together to one text: paragraphs parted by an empty line, words joined that a line end divides,
// sentences carried over page ends. Knows nothing of what the pages were read from.

import { continuesInNextBlock } from "./_pdf_lines.ts";

/** A line to be put into the text. */
export interface FlowingLine {
  readonly text: string;
  /** Code: nothing in it is joined. */
  readonly isFixedPitch: boolean;
  readonly startsParagraph: boolean;
  /** 1 for a chapter, 2 for a section of it and so on; undefined for a line of text. */
  readonly heading?: number;
}

const DIVIDED = /(\p{L}{1,40})[-\u00ad\u2010]$/u;
const REST_OF_WORD = /^\p{Ll}\S*/u;
/** `state-of-the-`: such words keep their hyphens. */
const SEVERAL_HYPHENS = /\p{L}[-\u2010]\p{L}+[-\u2010]$/u;
const COMPOUND = /\p{L}+-\p{Ll}+/gu;
/** Words with a hyphen that are remembered, so that one at a line end keeps it. */
const MAX_COMPOUNDS = 20_000;
const MAX_HEADING = 6;

/** A text that grows page by page. */
export class FlowingText {
  /** Finished pages, each in one string: pieces keep the longer strings alive that they were cut from. */
  #pages: string[] = [];
  /** Characters of the finished pages. */
  #finished = 0;
  #pieces: string[] = [];
  /** The last line: its end may still be joined with the next. */
  #last: FlowingLine | undefined;
  readonly #compounds = new Set<string>();

  /** Adds the lines of a page. */
  addPage(lines: readonly FlowingLine[]): void {
    for (const [i, line] of lines.entries()) this.#add(line, i === 0);
    // the last two pieces may still be taken back
    const page = this.#pieces.slice(0, -2).join("");
    this.#pages.push(page);
    this.#finished += page.length;
    this.#pieces = this.#pieces.slice(-2);
  }

  /** Gives out the finished pages when they have so many characters; what comes after them goes on as before. */
  take(characters: number): string | undefined {
    if (this.#finished < characters) return undefined;
    const text = this.#pages.join("");
    this.#pages = [];
    this.#finished = 0;
    return text;
  }

  /** The whole text, or what is left of it. */
  toString(): string {
    return [...this.#pages, ...this.#pieces, this.#last === undefined ? "" : written(this.#last)].join("");
  }

  #add(line: FlowingLine, isFirstOfPage: boolean): void {
    const above = this.#last;
    this.#learnCompounds(line.text);
    if (above === undefined) {
      this.#last = line;
      return;
    }
    const isApart = isFirstOfPage ? startsAnew(above, line) : startsApart(above, line);
    const joined = isApart ? undefined : this.#join(above, line);
    this.#pieces.push(written(joined?.above ?? above), isApart ? "\n\n" : "\n");
    this.#last = joined?.line ?? line;
    if (this.#last.text !== "") return;
    // the rest of the divided word was the whole line
    this.#pieces.length -= 2;
    this.#last = joined?.above;
  }

  /** Moves the rest of a divided word up to where it starts. */
  #join(above: FlowingLine, line: FlowingLine): { above: FlowingLine; line: FlowingLine } | undefined {
    if (above.isFixedPitch || line.isFixedPitch || !/[-\u00ad\u2010]$/.test(above.text)) return undefined;
    const divided = DIVIDED.exec(above.text);
    const rest = REST_OF_WORD.exec(line.text)?.[0];
    if (!divided || rest === undefined) return undefined;
    const letters = /^\p{L}+/u.exec(rest)?.[0] ?? "";
    const isSoft = above.text.endsWith("\u00ad");
    const isCompound = SEVERAL_HYPHENS.test(above.text) ||
      this.#compounds.has(`${divided[1]}-${letters}`.toLowerCase());
    const start = !isSoft && isCompound ? above.text : above.text.slice(0, -1);
    return {
      above: { ...above, text: start + rest },
      line: { ...line, text: line.text.slice(rest.length).trimStart() },
    };
  }

  #learnCompounds(text: string): void {
    if (!text.includes("-")) return;
    for (const [compound] of text.matchAll(COMPOUND)) {
      if (this.#compounds.size >= MAX_COMPOUNDS) return;
      this.#compounds.add(compound.toLowerCase());
    }
  }
}

function startsApart(above: FlowingLine, line: FlowingLine): boolean {
  return line.startsParagraph || above.heading !== undefined || line.heading !== undefined;
}

/** Whether a page starts with something new and not in the middle of a sentence or of code. */
function startsAnew(above: FlowingLine, line: FlowingLine): boolean {
  if (above.heading !== undefined || line.heading !== undefined) return true;
  if (above.isFixedPitch && line.isFixedPitch) return false;
  return !continuesInNextBlock(above.text, line.text);
}

function written({ text, heading }: FlowingLine): string {
  return heading === undefined ? text : `${"#".repeat(Math.min(MAX_HEADING, heading))} ${text}`;
}
