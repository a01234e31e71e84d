import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { epubParser } from "../../../../lib/ingest/parsers/epub.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { eventsOf, readFixture, SHEPHERD_BEGINS, survives, textOf, zipOf } from "./office_fixture.ts";

const CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>';
const OPF = `<package><metadata><dc:title>The  book</dc:title></metadata><manifest>
  <item id="one" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/>
  <item id="two" href="../two.xhtml#x" media-type="application/xhtml+xml"/>
  <item id="pic" href="a.png" media-type="image/png"/></manifest>
  <spine><itemref idref="two"/><itemref idref="one"/><itemref idref="pic"/><itemref idref="two"/><itemref idref="no"/></spine>
  </package>`;
const CHAPTERS = {
  "OEBPS/text/one a.xhtml":
    '<?xml version="1.0"?><html><head><title>no</title><script/></head><body><p>One</p></body></html>',
  "two.xhtml": "<html><body><h1>Two</h1></body></html>",
};

function book(parts: Record<string, string> = {}): Promise<Uint8Array> {
  return zipOf({ "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": OPF, ...CHAPTERS, ...parts });
}

Deno.test("epubParser reads the chapters in the order of the spine, each once", async () => {
  const events = await eventsOf(epubParser, await book());
  assertEquals(events, [
    { type: "pages", done: 1, total: 2 },
    { type: "pages", done: 2, total: 2 },
    { type: "document", text: "The book\n\nTwo\n\nOne" },
  ]);
});

Deno.test("epubParser reads what pandoc writes", async () => {
  const text = await textOf(epubParser, await readFixture("shepherd_by_pandoc.epub"));
  assertEquals(text.slice(0, SHEPHERD_BEGINS.length), SHEPHERD_BEGINS);
});

Deno.test("epubParser tells a chapter that is missing", async () => {
  const bytes = await zipOf({
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": OPF,
    "two.xhtml": CHAPTERS["two.xhtml"],
  });
  const events = await eventsOf(epubParser, bytes);
  assertEquals(events.filter(({ type }) => type === "omitted"), [
    { type: "omitted", reason: "a chapter is missing in the book" },
  ]);
  assertEquals(events.at(-1), { type: "document", text: "The book\n\nTwo" });
});

Deno.test("epubParser refuses protected books, but not disguised fonts", async () => {
  const encryption = (algorithm: string, uri: string) =>
    `<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm="${algorithm}"/><enc:CipherData>
    <enc:CipherReference URI="${uri}"/></enc:CipherData></enc:EncryptedData></encryption>`;
  const aes = encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "OEBPS/text/one%20a.xhtml");
  const locked = await book({ "META-INF/encryption.xml": aes });
  await assertRejects(() => eventsOf(epubParser, locked), ParseFailure, "encrypted: the book is protected");
  const font = encryption("http://www.idpf.org/2008/embedding", "OEBPS/a.otf");
  assert((await textOf(epubParser, await book({ "META-INF/encryption.xml": font }))).includes("One"));
});

Deno.test("epubParser refuses what is no book", async () => {
  await assertRejects(async () => eventsOf(epubParser, await zipOf({ a: "a" })), ParseFailure, "no package");
  const empty = book({ "OEBPS/book.opf": "<package/>" });
  await assertRejects(async () => eventsOf(epubParser, await empty), ParseFailure, "no chapters");
  await assertRejects(
    async () => eventsOf(epubParser, await book({ "../a": "" })),
    ParseFailure,
    "leaves its folder",
  );
});

Deno.test("epubParser never throws anything but ParseFailure", async () => {
  const whole = await readFixture("shepherd_by_pandoc.epub");
  const changes = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(changes, async (changed) => {
      const bytes = whole.slice();
      for (const [at, value] of changed) bytes[at] = value;
      return await survives(epubParser, bytes);
    }),
  );
});
