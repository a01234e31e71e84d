// Elements and text of HTML or XML in the order they stand, without a tree: one pass, so that a million nested elements cost
// no more than a million beside each other. Entities other than the characters of the format are never expanded.

/** What a walk tells. */
export interface MarkupEvents {
  /** Attributes to collect; all others are passed over. */
  readonly attributes: ReadonlySet<string>;
  /** An element begins. HTML names are in lower case. The map is valid during the call. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  /** An element ends: in XML one that is open, once for each `open` but those the file leaves open; in HTML as it stands. */
  close(name: string): void;
  /** Text between tags, in pieces. */
  text(text: string): void;
}

/** Which language it is. */
export type MarkupLanguage =
  | "html"
  /** HTML with the end tags of XML, as books have it. */
  | "xhtml"
  | "xml";

/** More open elements than any document has; deeper ones are only counted. */
const MAX_DEPTH = 4096;
const MAX_ATTRIBUTE_LENGTH = 65_536;

/**
 * Walks through a text. Malformed markup is read as far as it goes.
 *
 * @param text - the whole file, decoded
 * @param language - what is an empty element, an entity, a raw text
 */
export async function walkMarkup(
  text: string,
  language: MarkupLanguage,
  events: MarkupEvents,
): Promise<void> {
  const { Tokenizer } = await import("npm:htmlparser2@12.0.0");
  const body = language === "html" ? text : withoutDoctype(text);
  const isXml = language === "xml";
  const walk = new Walk(body, { isXml, isTree: language !== "html" }, events);
  const tokenizer = new Tokenizer({ xmlMode: isXml, recognizeSelfClosing: language !== "html" }, walk);
  tokenizer.write(body);
  tokenizer.end();
}

/** Takes the tokens, whose places are those in the text. */
class Walk {
  readonly #text: string;
  readonly #events: MarkupEvents;
  readonly #isXml: boolean;
  readonly #isTree: boolean;
  readonly #stack: string[] = [];
  readonly #open = new Map<string, number>();
  /** Open elements beyond the deepest that is kept. */
  #deeper = 0;
  #name = "";
  #attributes = new Map<string, string>();
  #attribute = "";
  #value = "";

  constructor(text: string, options: { isXml: boolean; isTree: boolean }, events: MarkupEvents) {
    this.#text = text;
    this.#events = events;
    this.#isXml = options.isXml;
    this.#isTree = options.isTree;
  }

  ontext(start: number, end: number): void {
    this.#events.text(this.#text.slice(start, end));
  }

  ontextentity(codePoint: number): void {
    this.#events.text(String.fromCodePoint(codePoint));
  }

  oncdata(start: number, end: number, endOffset: number): void {
    if (this.#isTree) this.#events.text(this.#text.slice(start, end - endOffset));
  }

  onopentagname(start: number, end: number): void {
    this.#name = this.#nameOf(start, end);
    this.#attributes.clear();
  }

  onattribname(start: number, end: number): void {
    // no name that is asked for is longer
    this.#attribute = end - start > 64 ? "" : this.#nameOf(start, end);
    if (!this.#events.attributes.has(this.#attribute)) this.#attribute = "";
    this.#value = "";
  }

  onattribdata(start: number, end: number): void {
    if (this.#attribute === "" || this.#value.length > MAX_ATTRIBUTE_LENGTH) return;
    this.#value += this.#text.slice(start, Math.min(end, start + MAX_ATTRIBUTE_LENGTH));
  }

  onattribentity(codePoint: number): void {
    if (this.#attribute === "" || this.#value.length > MAX_ATTRIBUTE_LENGTH) return;
    this.#value += String.fromCodePoint(codePoint);
  }

  onattribend(): void {
    if (this.#attribute !== "" && !this.#attributes.has(this.#attribute)) {
      this.#attributes.set(this.#attribute, this.#value);
    }
    this.#attribute = "";
  }

  onopentagend(): void {
    this.#events.open(this.#name, this.#attributes);
    if (this.#isTree) this.#push(this.#name);
  }

  onselfclosingtag(): void {
    this.#events.open(this.#name, this.#attributes);
    if (this.#isTree) this.#events.close(this.#name);
  }

  onclosetag(start: number, end: number): void {
    const name = this.#nameOf(start, end);
    if (this.#isTree) this.#pop(name);
    else this.#events.close(name);
  }

  onend(): void {}

  oncomment(): void {}

  ondeclaration(): void {}

  onprocessinginstruction(): void {}

  isInForeignContext(): boolean {
    return false;
  }

  #nameOf(start: number, end: number): string {
    const name = this.#text.slice(start, Math.min(end, start + 256));
    return this.#isXml ? name : name.toLowerCase();
  }

  #push(name: string): void {
    if (this.#stack.length === MAX_DEPTH) {
      this.#deeper++;
      return;
    }
    this.#stack.push(name);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
  }

  /** Ends the innermost element of that name and those inside it; an end without a beginning is passed over. */
  #pop(name: string): void {
    if (this.#deeper > 0) {
      this.#deeper--;
      this.#events.close(name);
      return;
    }
    if (!this.#open.has(name)) return;
    let last: string;
    do {
      last = this.#stack.pop()!;
      const left = this.#open.get(last)! - 1;
      if (left === 0) this.#open.delete(last);
      else this.#open.set(last, left);
      this.#events.close(last);
    } while (last !== name);
  }
}

/** Declarations in brackets hold `>`, which would end the declaration for the tokenizer. */
function withoutDoctype(text: string): string {
  const start = text.slice(0, 65_536).search(/<!DOCTYPE/i);
  if (start < 0) return text;
  let isInside = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === "[") isInside = true;
    else if (char === "]") isInside = false;
    else if (char === ">" && !isInside) return text.slice(0, start) + text.slice(at + 1);
    const end = char === '"' || char === "'"
      ? char
      : text.startsWith("<!--", at)
      ? "-->"
      : text.startsWith("<?", at)
      ? "?>"
      : undefined;
    if (end === undefined) continue;
    at = text.indexOf(end, at + 1);
    if (at < 0) return text;
  }
  return text;
}
