// DOCX: the text of the main part in reading order, list marks, tables as rows, notes at the end. Headers, footers, comments and
// deleted text are left out. Format: ECMA-376 part 1, section 17 (https://ecma-international.org/publications-and-standards/).

import { DocxBody } from "./_docx_body.ts";
import { readNumbering } from "./_docx_numbering.ts";
import { localName, type OfficeZip, openOffice } from "./_office_zip.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** Word documents since 2007. */
export const docxParser: Parser = { parse: parseDocx };

async function* parseDocx({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const zip = await openOffice(bytes);
  const main = await findMainPart(zip);
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  const numbering = await readNumbering(zip, folder);
  const body = new DocxBody(numbering);
  await zip.walk(main, body);
  const notes = new Map<string, string>();
  for (const [part, kind] of [["footnotes.xml", "footnote"], ["endnotes.xml", "endnote"]] as const) {
    if (!body.notes.some((note) => note.kind === kind)) continue;
    const texts = new DocxBody(numbering, kind);
    await zip.walk(folder + part, texts);
    for (const [id, text] of texts.noteTexts) notes.set(`${kind} ${id}`, text);
  }
  const atEnd = body.notes.map(({ kind, id }, at) =>
    `[${at + 1}] ${notes.get(`${kind} ${id}`) ?? ""}`.trimEnd()
  );
  yield* textDocuments([body.finish(), ...atEnd].join("\n\n"), data);
}

/** The package says which part is the document; its name is a habit only. */
async function findMainPart(zip: OfficeZip): Promise<string> {
  let target = "word/document.xml";
  await zip.walk("_rels/.rels", {
    attributes: new Set(["Type", "Target"]),
    open(name, attributes) {
      const isMain = localName(name) === "Relationship" &&
        attributes.get("Type")?.endsWith("/officeDocument");
      if (isMain) target = (attributes.get("Target") ?? "").replace(/^\.?\/+/, "");
    },
    close() {},
    text() {},
  });
  if (!zip.has(target)) throw new ParseFailure("failed", "not a DOCX document: no main part");
  return target;
}
