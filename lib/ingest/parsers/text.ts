// Plain text and code: the file as it stands, or its lines.

import { decodeText } from "../decode_text.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** Text and code of any language. */
export const textParser: Parser = { name: "text 1", parse: parseText };

function* parseText({ bytes, data }: ParseInput): Generator<ParseEvent> {
  const decoded = decodeText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  yield* textDocuments(decoded.text, data, decoded);
}
