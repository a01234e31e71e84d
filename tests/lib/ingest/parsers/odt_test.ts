import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { odtParser } from "../../../../lib/ingest/parsers/odt.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { eventsOf, readFixture, SHEPHERD_BEGINS, survives, textOf, zipOf } from "./office_fixture.ts";

async function odt(body: string, parts: Record<string, string> = {}, styles = ""): Promise<string> {
  const content = `<?xml version="1.0"?><office:document-content>${styles}<office:body><office:text>
    ${body}</office:text></office:body></office:document-content>`;
  return await textOf(odtParser, await zipOf({ "content.xml": content, ...parts }));
}

Deno.test("odtParser reads what pandoc writes", async () => {
  assertEquals(
    await textOf(odtParser, await readFixture("shepherd_by_pandoc.odt")),
    `${SHEPHERD_BEGINS}
Autumn

Rain² falls; a field has a 2 + b 2 blades of grass.

gate = open

    count()

[1] In a cold year, in May.`,
  );
});

Deno.test("odtParser reads spaces, tabs and line ends that are elements", async () => {
  assertEquals(
    await odt('<text:h>H</text:h><text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d  e</text:p>'),
    "H\n\na   b\tc\nd e",
  );
});

Deno.test("odtParser leaves out comments and deleted text", async () => {
  const body = `<text:tracked-changes><text:p>no</text:p></text:tracked-changes>
    <text:p>yes<office:annotation><text:p>no</text:p></office:annotation></text:p>`;
  assertEquals(await odt(body), "yes");
});

Deno.test("odtParser gives rows a line; a cell repeated without end does not multiply", async () => {
  const row = `<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell>
    <table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>2</text:p></table:table-cell>
    <table:table-cell table:number-columns-repeated="999999999"/></table:table-row>`;
  assertEquals(
    await odt(`<table:table>${row}${row}</table:table><text:p>x</text:p>`),
    "1\t\t\t2\n1\t\t\t2\n\nx",
  );
});

Deno.test("odtParser reads list styles, notes and formulas", async () => {
  const styles =
    `<office:automatic-styles><text:list-style style:name="L"><text:list-level-style-number text:level="1"
    style:num-format="i"/><text:list-level-style-bullet text:level="2"/></text:list-style></office:automatic-styles>`;
  const list = `<text:list text:style-name="L"><text:list-item><text:p>a</text:p><text:list><text:list-item>
    <text:p>b</text:p></text:list-item></text:list></text:list-item><text:list-item text:start-value="4"><text:p>c</text:p>
    </text:list-item></text:list>`;
  assertEquals(await odt(list, {}, styles), "i. a\n  - b\niv. c");
  const note =
    `<text:p>x<text:note><text:note-citation>9</text:note-citation><text:note-body><text:p>n</text:p>
    </text:note-body></text:note>y <draw:object xlink:href="./Object 1"/></text:p>`;
  const formula =
    `<math><semantics><mi>a</mi><mo>=</mo><mn>1</mn><annotation>no</annotation></semantics></math>`;
  assertEquals(await odt(note, { "Object 1/content.xml": formula }), "x[1]y a = 1\n\n[1] n");
});

Deno.test("odtParser refuses encrypted files and others", async () => {
  const manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>";
  await assertRejects(
    () => odt("", { "META-INF/manifest.xml": manifest }),
    ParseFailure,
    "encrypted: a password",
  );
  await assertRejects(async () => eventsOf(odtParser, await zipOf({ a: "a" })), ParseFailure, "no content");
  await assertRejects(
    async () => eventsOf(odtParser, await zipOf({ "content.xml": "", "../a": "" })),
    ParseFailure,
  );
});

Deno.test("odtParser never throws anything but ParseFailure", async () => {
  const whole = await readFixture("shepherd_by_pandoc.odt");
  const changes = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(changes, async (changed) => {
      const bytes = whole.slice();
      for (const [at, value] of changed) bytes[at] = value;
      return await survives(odtParser, bytes);
    }),
  );
  const start = performance.now();
  const nested = "<text:list><text:list-item><text:p>x".repeat(100_000);
  await eventsOf(odtParser, await zipOf({ "content.xml": nested }, 0));
  assert(performance.now() - start < 3000);
});
