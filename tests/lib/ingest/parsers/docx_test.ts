import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { docxParser } from "../../../../lib/ingest/parsers/docx.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import {
  docxXml,
  eventsOf,
  readFixture,
  SHEPHERD_BEGINS,
  survives,
  textOf,
  withDirectoryField,
  zipOf,
} from "./office_fixture.ts";

const SHEPHERD = `${SHEPHERD_BEGINS}
Autumn

Rain² falls; a field has a2+b2 blades of grass.`;

async function docx(body: string, parts: Record<string, string> = {}): Promise<string> {
  return await textOf(docxParser, await zipOf({ "word/document.xml": docxXml(body), ...parts }));
}

function paragraph(text: string, properties = ""): string {
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

Deno.test("docxParser reads what pandoc and LibreOffice write", async () => {
  for (const name of ["shepherd_by_pandoc.docx", "shepherd_by_libreoffice.docx"]) {
    const text = await textOf(docxParser, await readFixture(name));
    assertEquals(text.slice(0, SHEPHERD.length), SHEPHERD, name);
    assert(text.endsWith("count()\n\n[1] In a cold year, in May."), name);
  }
});

Deno.test("docxParser keeps runs together, tabs, line ends and spaces", async () => {
  const runs =
    `<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>Hel</w:t></w:r><w:r><w:t>lo </w:t></w:r>
    <w:r><w:t xml:space="preserve">  you</w:t><w:tab/><w:t>a</w:t><w:br/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r></w:p>`;
  assertEquals(await docx(runs), "Hello   you\ta\nb\u2011c");
});

Deno.test("docxParser leaves out deleted text, field codes and doubles of drawings, and keeps inserted text", async () => {
  const body =
    `<w:p><w:del><w:r><w:delText>no</w:delText><w:t>no</w:t></w:r></w:del><w:ins><w:r><w:t>yes</w:t></w:r></w:ins>
    <w:r><w:instrText>PAGE</w:instrText></w:r><mc:AlternateContent><mc:Choice><w:r><w:t> one</w:t></w:r></mc:Choice>
    <mc:Fallback><w:r><w:t>one</w:t></w:r></mc:Fallback></mc:AlternateContent><w:r><w:drawing><wp:docPr descr="A cat"/>
    </w:drawing></w:r></w:p>`;
  assertEquals(await docx(body), "yes one [A cat]");
});

Deno.test("docxParser gives rows a line and an empty line around tables", async () => {
  const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
  const table = `<w:tbl><w:tr>${cell("A")}${cell("B")}</w:tr><w:tr>${cell("")}${cell("2")}</w:tr></w:tbl>`;
  assertEquals(await docx(paragraph("x") + table + paragraph("y")), "x\n\nA\tB\n\t2\n\ny");
});

Deno.test("docxParser numbers lists as Word does: levels, formats, styles, new beginnings", async () => {
  const level = (at: number, format: string, text: string) =>
    `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
  const numbering = `<w:numbering><w:abstractNum w:abstractNumId="7">${level(0, "decimal", "%1.")}${
    level(1, "lowerLetter", "%1.%2)")
  }</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="7"/>
    <w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num></w:numbering>`;
  const styles =
    `<w:styles><w:style w:styleId="L"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
    <w:style w:styleId="M"><w:basedOn w:val="L"/></w:style><w:style w:styleId="X"><w:basedOn w:val="X"/></w:style></w:styles>`;
  const item = (list: number, depth: number) =>
    `<w:numPr><w:ilvl w:val="${depth}"/><w:numId w:val="${list}"/></w:numPr>`;
  const body = paragraph("a", item(1, 0)) + paragraph("b", item(1, 1)) + paragraph("c", item(1, 1)) +
    paragraph("d", '<w:pStyle w:val="M"/>') + paragraph("e", item(1, 1)) + paragraph("f", item(2, 0)) +
    paragraph("g", item(2, 0)) +
    paragraph("h", '<w:pStyle w:val="M"/><w:numPr><w:numId w:val="0"/></w:numPr>') +
    paragraph("i", '<w:pStyle w:val="X"/>') + paragraph("j", item(99, 3));
  assertEquals(
    await docx(body, { "word/numbering.xml": numbering, "word/styles.xml": styles }),
    "1. a\n  1.a) b\n  1.b) c\n2. d\n  2.a) e\n4. f\n5. g\n\nh\n\ni\n\nj",
  );
});

Deno.test("docxParser puts notes at the end, each once", async () => {
  const reference = '<w:p><w:r><w:t>x</w:t><w:footnoteReference w:id="2"/></w:r></w:p>';
  const notes = `<w:footnotes><w:footnote w:id="-1">${paragraph("no")}</w:footnote><w:footnote w:id="2">${
    paragraph(" The note.")
  }</w:footnote></w:footnotes>`;
  assertEquals(
    await docx(reference.repeat(2), { "word/footnotes.xml": notes }),
    "x[1]\n\nx[1]\n\n[1] The note.",
  );
  assertEquals(await docx(reference), "x[1]\n\n[1]"); // the part is missing
});

Deno.test("docxParser finds a main part under another name", async () => {
  const rels =
    `<Relationships><Relationship Type="http://x/officeDocument" Target="/word/document2.xml"/></Relationships>`;
  const bytes = await zipOf({ "_rels/.rels": rels, "word/document2.xml": docxXml(paragraph("hello")) });
  assertEquals(await textOf(docxParser, bytes), "hello");
  await assertRejects(
    () => zipOf({ "a.txt": "a" }).then((zip) => eventsOf(docxParser, zip)),
    ParseFailure,
    "no main part",
  );
});

Deno.test("docxParser refuses encrypted files, old formats and hostile names", async () => {
  const compound = new Uint8Array(2000);
  compound.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  await assertRejects(() => eventsOf(docxParser, compound), ParseFailure, "old format");
  compound.set([..."EncryptedPackage"].flatMap((char) => [char.charCodeAt(0), 0]), 1024);
  await assertRejects(() => eventsOf(docxParser, compound), ParseFailure, "encrypted: a password is needed");
  const zip = await zipOf({ "word/document.xml": docxXml(paragraph("a")) });
  const locked = withDirectoryField(zip, { at: 8, value: 1, bytes: 2 });
  await assertRejects(() => eventsOf(docxParser, locked), ParseFailure, "encrypted: a password is needed");
  const slip = await zipOf({ "word/document.xml": docxXml(paragraph("a")), "../../evil": "x" });
  await assertRejects(() => eventsOf(docxParser, slip), ParseFailure, "a name that leaves its folder");
});

Deno.test("docxParser stops a bomb of 3.7 kB, packed twice, before it unpacks", async () => {
  const { gzipSync } = await import("npm:fflate@0.8.3");
  const inner = gzipSync(new Uint8Array(64_000_000));
  for (const content of [inner, new Uint8Array(3_700_000)]) {
    const bomb = await zipOf({ "word/document.xml": content });
    const lying = withDirectoryField(bomb, { at: 24, value: 100, bytes: 4 });
    for (const bytes of [bomb, lying]) {
      const before = Deno.memoryUsage().rss;
      const start = performance.now();
      if (content === inner) await survives(docxParser, bytes);
      else {await assertRejects(
          () => eventsOf(docxParser, bytes),
          ParseFailure,
          "zip bomb: expands more than 100 times",
        );}
      assert(performance.now() - start < 1000);
      assert(Deno.memoryUsage().rss - before < 100e6);
    }
  }
});

Deno.test("docxParser opens no archive inside the file", async () => {
  const nested = await zipOf({ "word/document.xml": docxXml(paragraph("inner")) });
  const zip = await zipOf({
    "word/document.xml": docxXml(paragraph("outer")),
    "word/embeddings/a.docx": nested,
  });
  assertEquals(await textOf(docxParser, zip), "outer");
});

Deno.test("docxParser takes time in proportion to hostile nesting", async () => {
  const count = 100_000;
  const start = performance.now();
  const hostile = [
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>x".repeat(count),
    "<w:p>".repeat(count) + "</w:tbl>".repeat(count),
  ];
  for (const body of hostile) {
    await eventsOf(docxParser, await zipOf({ "word/document.xml": docxXml(body) }, 0));
  }
  assert(performance.now() - start < 3000);
});

Deno.test("docxParser never throws anything but ParseFailure", async () => {
  const whole = await readFixture("shepherd_by_libreoffice.docx");
  const changes = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(changes, fc.nat({ max: 3 }), async (changed, cut) => {
      const bytes = whole.slice(0, cut === 0 ? whole.length >> 1 : whole.length);
      for (const [at, value] of changed) bytes[at] = value;
      return await survives(docxParser, bytes);
    }),
    { numRuns: 200 },
  );
  const tags = fc.constantFrom(
    ..."<w:p> </w:p> <w:r> </w:r> <w:t> </w:t> <w:tbl> </w:tbl> <w:tr> <w:tc> </w:tc> <w:pPr> </w:pPr> <w:del> </w:del> x"
      .split(" "),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(tags), async (all) => typeof await docx(all.join("")) === "string"),
  );
});
