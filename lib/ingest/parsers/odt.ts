// ODT: paragraphs and headings in reading order, list marks, tables as rows, notes at the end. Headers, footers, comments and deleted
// text are left out. Format: https://docs.oasis-open.org/office/OpenDocument/v1.3/, part 3.

import { OdtBody, readOdtStyles } from "./_odt_body.ts";
import { localName, type OfficeZip, openOffice } from "./_office_zip.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** OpenDocument texts and their templates. */
export const odtParser: Parser = { parse: parseOdt };

async function* parseOdt({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const zip = await openOffice(bytes);
  if (await isEncrypted(zip)) throw new ParseFailure("failed", "encrypted: a password is needed");
  if (!zip.has("content.xml")) throw new ParseFailure("failed", "not an ODT document: no content");
  const body = new OdtBody(await readOdtStyles(zip), await readFormulas(zip));
  await zip.walk("content.xml", body);
  yield* textDocuments(body.finish(), data);
}

/** Elements of MathML with text that is part of the formula. */
const FORMULA_TEXTS = new Set(["mi", "mo", "mn", "mtext", "ms"]);
const MAX_FORMULAS = 10_000;

/** A formula is a document of its own inside the file. */
async function readFormulas(zip: OfficeZip): Promise<ReadonlyMap<string, string>> {
  const formulas = new Map<string, string>();
  const parts = zip.names().filter((name) => name.endsWith("/content.xml")).slice(0, MAX_FORMULAS);
  for (const part of parts) {
    const pieces: string[] = [];
    let isMath = false;
    let isText = false;
    await zip.walk(part, {
      attributes: new Set(),
      open(name) {
        if (localName(name) === "math") isMath = true;
        isText = FORMULA_TEXTS.has(localName(name));
      },
      close() {
        isText = false;
      },
      text(text) {
        if (isMath && isText) pieces.push(text.trim());
      },
    });
    if (isMath) formulas.set(part.slice(0, -"/content.xml".length), pieces.join(" "));
  }
  return formulas;
}

async function isEncrypted(zip: OfficeZip): Promise<boolean> {
  let isFound = false;
  await zip.walk("META-INF/manifest.xml", {
    attributes: new Set(),
    open(name) {
      if (name === "manifest:encryption-data") isFound = true;
    },
    close() {},
    text() {},
  });
  return isFound;
}
