// Plain text and code: the file as it stands, or its lines.

import { decodeAnyText } from "../detect_encoding.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** Text and code of any language. */
export const textParser: Parser = { parse: parseText };

async function* parseText({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const decoded = await decodeAnyText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  yield* textDocuments(decoded.text, data, decoded);
}
