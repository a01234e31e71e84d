// LaTeX: the text between \begin{document} and \end{document} with its mark-up taken off. Formulas stay in TeX, which is how people
// write them. No macro is expanded and no file included; a source whose braces do not match is kept as it is.

import { decodeAnyText } from "../detect_encoding.ts";
import { latexText } from "./_latex_text.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** LaTeX and plain TeX sources. */
export const latexParser: Parser = { parse: parseLatex };

async function* parseLatex({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const decoded = await decodeAnyText(bytes, data);
  if ("reason" in decoded) throw new ParseFailure("skipped", decoded.reason);
  yield* textDocuments(latexText(decoded.text) ?? decoded.text, data, decoded);
}
