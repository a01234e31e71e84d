// The text of a file as its documents: whole, or one a line, as `data.mode` asks.

import type { Config } from "../../config/config.ts";
import type { ParseEvent } from "./parser.ts";

/**
 * Yields the documents of a text.
 *
 * @param text - line ends LF
 * @param found.invalidBytes - told before the documents unless 0
 */
export function* textDocuments(
  text: string,
  data: Config["data"],
  found: { readonly invalidBytes?: number } = {},
): Generator<ParseEvent> {
  const { invalidBytes = 0 } = found;
  if (invalidBytes > 0) yield { type: "invalidBytes", count: invalidBytes };
  if (data.mode === "document") {
    yield { type: "document", text };
    return;
  }
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    yield { type: "document", text: text.slice(start, end) };
    start = end + 1;
  }
  if (start < text.length) yield { type: "document", text: text.slice(start) };
}
