// Readable text of HTML: paragraphs, headings and list items on lines of their own, rows of a table as lines, preformatted text as it
// is. Scripts, styles, templates, form fields and drawings are left out. Menus stay: what a page is about is not decided here.

import { type MarkupLanguage, walkMarkup } from "./_markup_walk.ts";
import { shiftedText } from "./_shifted_text.ts";
import { TextFlow } from "./_text_flow.ts";

/** Content that is no text of the page, or a stand-in for what a browser shows. */
const HIDDEN = new Set(
  ("script style template noscript svg iframe noembed noframes object audio video canvas select datalist " +
    "textarea annotation annotation-xml").split(" "),
);
/** Those of them that hide what follows in a browser too when they are never closed. */
const RAW = new Set(["script", "style", "iframe", "noembed", "noframes", "textarea"]);
/** Elements with an empty line around them. */
const PARAGRAPHS = new Set(
  ("p h1 h2 h3 h4 h5 h6 blockquote pre table ul ol dl figure hr address listing xmp plaintext section article " +
    "fieldset details").split(" "),
);
/** Elements on lines of their own. */
const LINES = new Set(
  ("div dt dd li tr caption figcaption header footer main nav aside form legend summary body html title center option " +
    "optgroup dir menu hgroup search").split(" "),
);
const PREFORMATTED = new Set(["pre", "listing", "xmp", "plaintext"]);
const LISTS = new Set(["ul", "ol", "menu", "dir"]);
/** Elements whose end matters. */
const TRACKED = new Set([...HIDDEN, ...PREFORMATTED, ...LISTS, "table", "sup", "sub", "title"]);
/** Elements without content, which therefore never end. */
const VOID = new Set(["embed", "source", "track", "param"]);
const MAX_DEPTH = 4096;

/** What a page says. */
export interface HtmlText {
  /** Its `<title>`; empty when there is none. */
  readonly title: string;
  /** Everything in it that can be read, without the title. */
  readonly text: string;
}

/**
 * Extracts the readable text of a page.
 *
 * @param source - the decoded file; time and memory are linear in its length
 * @param language - `xhtml` for pages of books, where `<script/>` is an empty element
 */
export async function htmlText(source: string, language: Exclude<MarkupLanguage, "xml">): Promise<HtmlText> {
  const page = new Page(HIDDEN);
  await walkMarkup(source, language, page);
  const unclosed = page.unclosed();
  if (unclosed.size === 0) return page.finish();
  // an element that is never closed hides the rest of the page
  const again = new Page(HIDDEN.difference(unclosed));
  await walkMarkup(source, language, again);
  return again.finish();
}

/**
 * Puts a title before a text that does not begin with it.
 *
 * @param title - may be empty
 */
export function withTitle(title: string, text: string): string {
  if (title === "" || text === title || text.startsWith(`${title}\n`)) return text;
  return text === "" ? title : `${title}\n\n${text}`;
}

interface List {
  readonly isNumbered: boolean;
  next: number;
}

class Page {
  readonly attributes = new Set(["alt", "start", "value", "epub:type", "role"]);
  readonly #flow = new TextFlow();
  readonly #stack: string[] = [];
  /** How many of each name are open. */
  readonly #open = new Map<string, number>();
  readonly #lists: List[] = [];
  readonly #hiddenNames: ReadonlySet<string>;
  #hidden = 0;
  #preformatted = 0;
  #isPreStart = false;
  /** Whether a link to a note is open; links do not nest. */
  #isNoteLink = false;
  #title = "";
  #hasTitle = false;

  constructor(hiddenNames: ReadonlySet<string>) {
    this.#hiddenNames = hiddenNames;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (VOID.has(name)) return;
    if (this.#hidden === 0) this.#show(name, attributes);
    if (TRACKED.has(name) && this.#stack.length < MAX_DEPTH) this.#push(name);
  }

  close(name: string): void {
    if (!TRACKED.has(name)) {
      if (name === "a") this.#linkNote(false);
      if (this.#hidden === 0) this.#break(name, name === "tr" ? "row" : "end");
      return;
    }
    if (!this.#open.has(name)) return;
    let last: string;
    do {
      last = this.#stack.pop()!;
      this.#pop(last);
    } while (last !== name);
  }

  text(text: string): void {
    if (this.#hidden > 0) return;
    if (this.#open.has("title")) {
      if (!this.#hasTitle && this.#title.length < 10_000) this.#title += text;
    } else if (this.#preformatted > 0) {
      this.#flow.preformatted(this.#isPreStart ? text.replace(/^\n/, "") : text);
      this.#isPreStart = false;
    } else {
      const place = this.#isNoteLink
        ? undefined
        : this.#open.has("sup")
        ? "above"
        : this.#open.has("sub")
        ? "below"
        : undefined;
      this.#flow.text(place === undefined ? text : shiftedText(text, place));
    }
  }

  /** @returns names of hidden elements that are still open, but for scripts and the like */
  unclosed(): Set<string> {
    return new Set(this.#stack.filter((name) => this.#hiddenNames.has(name) && !RAW.has(name)));
  }

  finish(): HtmlText {
    return { title: this.#title.replace(/\s+/g, " ").trim(), text: this.#flow.toString() };
  }

  #show(name: string, attributes: ReadonlyMap<string, string>): void {
    const alt = attributes.get("alt")?.replace(/\s+/g, " ").trim();
    if (name === "br") this.#flow.lineEnd();
    else if ((name === "img" || name === "area") && alt) this.#flow.text(`[${alt}]`);
    else if (name === "li") this.#item(attributes.get("value"));
    else if (name === "tr") this.#flow.row();
    else if (name === "td" || name === "th") this.#flow.cell();
    else if (name === "a") {
      this.#linkNote(/noteref/.test(`${attributes.get("epub:type")} ${attributes.get("role")}`));
    } else this.#break(name, "start");
    if (LISTS.has(name)) {
      const start = Number.parseInt(attributes.get("start") ?? "1");
      this.#lists.push({ isNumbered: name === "ol", next: Number.isSafeInteger(start) ? start : 1 });
      // unclosed lists
      if (this.#lists.length > MAX_DEPTH) this.#lists.shift();
    }
  }

  #break(name: string, place: "start" | "end" | "row"): void {
    if (place === "row") this.#flow.rowEnd();
    // no empty lines inside a list
    else if (PARAGRAPHS.has(name)) {
      this.#flow.lines((name === "p" || LISTS.has(name)) && this.#lists.length > 0 ? 1 : 2);
    } else if (LINES.has(name)) this.#flow.lines(1);
  }

  /** The number of a note stands in brackets, so that it is no part of the word before. */
  #linkNote(isNoteLink: boolean): void {
    if (this.#hidden === 0 && isNoteLink !== this.#isNoteLink) this.#flow.text(isNoteLink ? "[" : "]");
    this.#isNoteLink = isNoteLink;
  }

  #item(value: string | undefined): void {
    const list = this.#lists.at(-1);
    const number = Number.parseInt(value ?? "");
    if (list !== undefined && Number.isSafeInteger(number)) list.next = number;
    const indent = "  ".repeat(Math.min(this.#lists.length, 20)).slice(2);
    this.#flow.item(indent + (list?.isNumbered ? `${list.next++}. ` : "- "));
  }

  #push(name: string): void {
    this.#stack.push(name);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    if (this.#hiddenNames.has(name)) this.#hidden++;
    if (PREFORMATTED.has(name)) {
      this.#preformatted++;
      this.#isPreStart = true;
    }
  }

  #pop(name: string): void {
    const left = this.#open.get(name)! - 1;
    if (left === 0) this.#open.delete(name);
    else this.#open.set(name, left);
    if (this.#hiddenNames.has(name)) this.#hidden--;
    if (PREFORMATTED.has(name)) this.#preformatted--;
    if (this.#hidden > 0) return;
    if (name === "title") this.#hasTitle = this.#title.trim() !== "";
    if (LISTS.has(name)) this.#lists.pop();
    this.#break(name, "end");
  }
}
