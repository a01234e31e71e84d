// ODT: paragraphs and headings in reading order, list marks, tables as rows, notes at the end. Headers, footers, comments and deleted
// text are left out. Format: https://docs.oasis-open.org/office/OpenDocument/v1.3/, part 3.

import { OdtBody, readListStyles } from "./_odt_body.ts";
import { type OfficeZip, openOffice } from "./_office_zip.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** OpenDocument texts and their templates. */
export const odtParser: Parser = { name: "odt 1", parse: parseOdt };

async function* parseOdt({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const zip = await openOffice(bytes);
  if (await isEncrypted(zip)) throw new ParseFailure("failed", "encrypted: a password is needed");
  if (!zip.has("content.xml")) throw new ParseFailure("failed", "not an ODT document: no content");
  const body = new OdtBody(await readListStyles(zip));
  await zip.walk("content.xml", body);
  yield* textDocuments(body.finish(), data);
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
