// EPUB: the chapters of a book in the order of its spine, as one document, because a book is read as one. Format:
// https://www.w3.org/TR/epub-33/, sections 4.2.6 (container), 5 (package) and 4.2.6.3.2 (encryption).

import { decodeMarkup } from "./_decode_markup.ts";
import { htmlText, withTitle } from "./_html_text.ts";
import { localName, type OfficeZip, openOffice } from "./_office_zip.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";
import { textDocuments } from "./_text_documents.ts";

/** Electronic books. */
export const epubParser: Parser = { parse: parseEpub };

const MAX_CHAPTERS = 20_000;

async function* parseEpub({ bytes, data }: ParseInput): AsyncGenerator<ParseEvent> {
  const zip = await openOffice(bytes);
  const book = await readPackage(zip);
  const protectedPaths = await readProtected(zip);
  if (book.chapters.some((path) => protectedPaths.has(path))) {
    throw new ParseFailure("failed", "encrypted: the book is protected");
  }
  const texts: string[] = [];
  let invalidBytes = 0;
  for (const [at, path] of book.chapters.entries()) {
    const chapter = zip.read(path);
    if (chapter === undefined) {
      yield { type: "omitted", reason: "a chapter is missing in the book" };
    } else if (chapter.length > 0) {
      const decoded = await decodeMarkup(chapter, data);
      invalidBytes += decoded.invalidBytes;
      texts.push((await htmlText(decoded.text, "xhtml")).text);
    }
    yield { type: "pages", done: at + 1, total: book.chapters.length };
  }
  const text = texts.filter((chapter) => chapter !== "").join("\n\n");
  yield* textDocuments(withTitle(book.title, text), data, { invalidBytes });
}

/** What the package document says. */
interface Package {
  readonly title: string;
  /** Paths of the chapters in reading order. */
  readonly chapters: readonly string[];
}

async function readPackage(zip: OfficeZip): Promise<Package> {
  const path = await findPackage(zip);
  const items = new Map<string, string>();
  const spine: string[] = [];
  let title: string | undefined;
  let isTitle = false;
  await zip.walk(path, {
    attributes: new Set(["id", "href", "media-type", "idref"]),
    open(name, attributes) {
      const local = localName(name);
      const isPage = /html|xml$/.test(attributes.get("media-type") ?? "html") &&
        !/svg/.test(attributes.get("media-type") ?? "");
      if (local === "item" && isPage) items.set(attributes.get("id") ?? "", attributes.get("href") ?? "");
      else if (local === "itemref") spine.push(attributes.get("idref") ?? "");
      else if (local === "title" && title === undefined) {
        isTitle = true;
        title = "";
      }
    },
    close(name) {
      if (localName(name) === "title") isTitle = false;
    },
    text(text) {
      if (isTitle && title!.length < 10_000) title += text;
    },
  });
  if (spine.length > MAX_CHAPTERS) throw new ParseFailure("failed", "EPUB book: too many chapters");
  const chapters = spine.flatMap((id) => items.has(id) ? [resolvePath(path, items.get(id)!)] : []);
  if (chapters.length === 0) throw new ParseFailure("failed", "not an EPUB book: no chapters");
  // a chapter named again says nothing new, and could be named a million times
  return { title: (title ?? "").replace(/\s+/g, " ").trim(), chapters: [...new Set(chapters)] };
}

async function findPackage(zip: OfficeZip): Promise<string> {
  let path: string | undefined;
  await zip.walk("META-INF/container.xml", {
    attributes: new Set(["full-path"]),
    open(name, attributes) {
      if (localName(name) === "rootfile") path ??= attributes.get("full-path");
    },
    close() {},
    text() {},
  });
  if (path === undefined || !zip.has(path)) {
    throw new ParseFailure("failed", "not an EPUB book: no package document");
  }
  return path;
}

/** Fonts are often disguised, which protects no text. */
const FONT_DISGUISES = new Set(["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"]);

async function readProtected(zip: OfficeZip): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  let isDisguise = false;
  await zip.walk("META-INF/encryption.xml", {
    attributes: new Set(["Algorithm", "URI"]),
    open(name, attributes) {
      const local = localName(name);
      if (local === "EncryptionMethod") isDisguise = FONT_DISGUISES.has(attributes.get("Algorithm") ?? "");
      else if (local === "CipherReference" && !isDisguise) {
        paths.add(resolvePath("", attributes.get("URI") ?? ""));
      }
    },
    close(name) {
      if (localName(name) === "EncryptedData") isDisguise = false;
    },
    text() {},
  });
  return paths;
}

/** A reference relative to a file of the archive, as the name of an entry; it cannot leave the archive. */
function resolvePath(from: string, reference: string): string {
  let path = reference.split("#")[0];
  try {
    path = decodeURIComponent(path);
  } catch {
    // a name with a bare % is meant as it stands
  }
  const parts = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
