import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { xmlParser } from "../../../../lib/ingest/parsers/xml.ts";
import { documentsOf, survives, textOf } from "./office_fixture.ts";

Deno.test("xmlParser gives each element with text a line, and keeps marked-up words in theirs", async () => {
  const xml =
    `<?xml version="1.0"?><!-- no --><feed a="no"><entry><title>One</title><name>A</name><name>B</name></entry>
    <para>Some <em>marked</em> words,
      <b>here</b>.</para><para><b>First</b> word</para></feed>`;
  assertEquals(await textOf(xmlParser, xml), "One\nA\nB\nSome marked words, here.\nFirst word");
});

Deno.test("xmlParser reads CDATA, character references and preserved space", async () => {
  assertEquals(
    await textOf(xmlParser, "<a><![CDATA[1 < 2 & <b>]]> &lt;&#65;&#x42;&gt;</a>"),
    "1 < 2 & <b> <AB>",
  );
  assertEquals(
    await textOf(xmlParser, '<a><c xml:space="preserve">\n  x\n    y\n</c><d>z</d></a>'),
    "  x\n    y\nz",
  );
});

Deno.test("xmlParser reads the declared encoding", async () => {
  const latin = new Uint8Array([
    ...new TextEncoder().encode('<?xml version="1.0" encoding="ISO-8859-1"?><a>'),
    0xe9,
  ]);
  assertEquals(await textOf(xmlParser, latin), "é");
  const utf16 = new Uint8Array(
    [...'<?xml version="1.0"?><a>é</a>'].flatMap((char) => [0, char.charCodeAt(0)]),
  );
  assertEquals(await textOf(xmlParser, utf16), "é");
});

Deno.test("xmlParser expands no entities of the file and fetches none", async () => {
  const levels = Array.from({ length: 30 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`)
    .join("\n");
  const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol"> <!-- ]> -->${levels}
    <!ENTITY file SYSTEM "file:///etc/passwd">]><l>&l30; &file; end</l>`;
  const start = performance.now();
  assertEquals(await textOf(xmlParser, bomb), "&l30; &file; end");
  assert(performance.now() - start < 500);
});

Deno.test("xmlParser takes time in proportion to hostile input", async () => {
  const count = 200_000;
  const hostile = [
    "<a>".repeat(count),
    "<a>x".repeat(count) + "</a>".repeat(count),
    "<a>".repeat(count) + "</b>".repeat(count),
    "<a><b>".repeat(count) + "</a>".repeat(count),
    "<!DOCTYPE a [" + "<!--".repeat(count),
    "<!DOCTYPE a [" + "<!ENTITY b 'c'>".repeat(count),
    "<a>" + " ".repeat(count * 5) + "x\n" + " ".repeat(count * 5) + "x</a>",
    "<?".repeat(count),
  ];
  for (const source of hostile) {
    const start = performance.now();
    await textOf(xmlParser, source);
    const elapsedMs = performance.now() - start;
    assert(elapsedMs < 2000, `${source.slice(0, 20)} took ${elapsedMs} ms`);
  }
});

Deno.test("xmlParser keeps all words of random elements in order", async () => {
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.stringMatching(/^[a-z]{1,5}$/).map((word) => `${word} `),
      fc.array(tie("tree")).map((children) => `<e>${children.join("")}</e>`),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(fc.array(tree), async (trees) => {
      const xml = `<r>${trees.join("")}</r>`;
      const words = xml.replace(/<[^>]*>/g, " ").split(/\s+/).filter((word) => word !== "");
      assertEquals((await textOf(xmlParser, xml)).split(/\s+/).filter((word) => word !== ""), words);
    }),
  );
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(xmlParser, bytes)));
});

Deno.test("xmlParser makes every line a document in line mode", async () => {
  assertEquals(await documentsOf(xmlParser, "<a><b>x</b><b>y</b></a>", { mode: "line" }), ["x", "y"]);
});
