// XML of any vocabulary: the text of its elements. Indentation tells nested elements apart from a text with a few words marked up in
// it: an element that holds text of its own is a paragraph, one that holds only elements is not. Entities of the file are not expanded.

import { decodeMarkup } from "./_decode_markup.ts";
import { walkMarkup } from "./_markup_walk.ts";
import type { ParseEvent, ParseInput, Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** XML, SVG, RSS, DocBook. */
export const xmlParser: Parser = { parse: parseXml };

/** Deeper elements count as part of the text they stand in. */
const MAX_DEPTH = 4096;

async function* parseXml({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const { text, invalidBytes } = await decodeMarkup(bytes, data);
  const elements = new Elements();
  await walkMarkup(text, "xml", elements);
  yield* textDocuments(elements.finish(), data, { invalidBytes });
}

class Elements {
  readonly attributes = new Set(["xml:space"]);
  readonly #lines: string[] = [];
  #line: string[] = [];
  /** Whether each open element holds text of its own. */
  readonly #hasText: boolean[] = [];
  /** Whether an element began or ended since the last text, outside running text. */
  #isBetween = false;
  #isAfterOpen = false;
  #deeper = 0;
  #preserved = 0;

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.#preserved > 0 || attributes.get("xml:space") === "preserve" || name === "programlisting") {
      this.#preserved++;
    }
    if (this.#hasText.length === MAX_DEPTH) {
      this.#deeper++;
      return;
    }
    // an element in running text does not end the line
    if (!(this.#hasText.at(-1) ?? false)) this.#isBetween = true;
    this.#isAfterOpen = true;
    this.#hasText.push(this.#hasText.at(-1) ?? false);
  }

  close(): void {
    if (this.#preserved > 0) this.#preserved--;
    if (this.#deeper > 0) {
      this.#deeper--;
      return;
    }
    this.#hasText.pop();
    if (!(this.#hasText.at(-1) ?? false)) this.#isBetween = true;
    this.#isAfterOpen = false;
  }

  text(text: string): void {
    const isBlank = text.trim() === "";
    // text right behind an element shows that the element was part of it
    if (!isBlank && this.#isBetween && this.#isAfterOpen) this.#endLine();
    if (!isBlank) this.#isBetween = false;
    this.#line.push(this.#preserved > 0 ? text : text.replace(/[ \t\n]+/g, " "));
    if (!isBlank && this.#hasText.length > 0) this.#hasText[this.#hasText.length - 1] = true;
  }

  finish(): string {
    this.#endLine();
    return this.#lines.join("\n");
  }

  #endLine(): void {
    const line = this.#line.join("");
    this.#line = [];
    const text = line.includes("\n")
      ? line.replace(/^\n+/, "").trimEnd()
      : line.replace(/ {2,}/g, " ").trim();
    if (text !== "") this.#lines.push(text);
  }
}
