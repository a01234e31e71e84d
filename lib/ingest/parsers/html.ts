// HTML: the title, then what a reader sees, without scripts and styles. How it is laid out stands in _html_text.ts.

import { decodeMarkup } from "./_decode_markup.ts";
import { htmlText, withTitle } from "./_html_text.ts";
import type { ParseEvent, ParseInput, Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** HTML and XHTML pages. */
export const htmlParser: Parser = { parse: parseHtml };

async function* parseHtml({ name, bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const { text, invalidBytes } = await decodeMarkup(bytes, data);
  const isXhtml = /\.xht(?:ml)?$/i.test(name) || /^\s*<\?xml\b/.test(text.slice(0, 100));
  const page = await htmlText(text, isXhtml ? "xhtml" : "html");
  yield* textDocuments(withTitle(page.title, page.text), data, { invalidBytes });
}
