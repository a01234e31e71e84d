import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { htmlParser } from "../../../../lib/ingest/parsers/html.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { documentsOf, eventsOf, survives, textOf } from "./office_fixture.ts";

function html(body: string): Promise<string> {
  return textOf(htmlParser, body);
}

Deno.test("htmlParser leaves out scripts, styles and stand-ins", async () => {
  const page =
    `<!doctype html><html><head><title>Sheep &amp; co</title><script>if (a</b>) "<p>no</p>"</script>
    <style>p { color: red }</style></head><body><!-- <p>no</p> --><noscript>no</noscript><template><p>no</p></template>
    <svg><title>no</title><text>no</text></svg><iframe>no</iframe><select><option>no</select><p onclick="no()">Yes.</p>
    <script src=x></script></body></html>`;
  assertEquals(await html(page), "Sheep & co\n\nYes.");
});

Deno.test("htmlParser turns blocks to lines, and white space in them to single spaces", async () => {
  assertEquals(
    await html(
      "<h1>A</h1><p>one\n  <b>two</b><i> three</i> x<br>four<div>five</div><div>six</div><p>se<em>v</em>en",
    ),
    "A\n\none two three x\nfour\nfive\nsix\n\nseven",
  );
});

Deno.test("htmlParser numbers and indents list items", async () => {
  assertEquals(
    await html("<ul><li>a<li><p>b</p><ol start=3><li>c</li><li>d</ol></ul><ol><li value=7>e<li>f</ol>end"),
    "- a\n- b\n  3. c\n  4. d\n\n7. e\n8. f\n\nend",
  );
});

Deno.test("htmlParser makes rows of tables lines with tabs, empty cells too", async () => {
  const table = `<table><caption>T</caption><tr><th>A</th><th>B</th><th>C</th></tr>
    <tr><td><p>1</p></td><td></td><td> 3 <b>x</b></td></tr><tr><td>4<td>5</table>after`;
  assertEquals(await html(table), "T\nA\tB\tC\n1\t\t3 x\n4\t5\n\nafter");
});

Deno.test("htmlParser keeps preformatted text as it stands", async () => {
  assertEquals(
    await html("a<pre>\n  x &lt; <b>1</b>\n\n\n    y\n</pre>b"),
    "a\n\n  x < 1\n\n\n    y\n\nb",
  );
});

Deno.test("htmlParser gives pictures their description, raised digits and notes their sign", async () => {
  assertEquals(
    await html('<p>x<sup>2</sup>, 1<sup>st</sup>, CO<sub>2</sub> <img alt="A  cat" src=c> <img src=d>'),
    "x², 1st, CO₂ [A cat]",
  );
  assertEquals(await html('a<a role="doc-noteref"><sup>1</sup></a>b'), "a[1]b");
});

Deno.test("htmlParser does not repeat a title that is also the heading", async () => {
  assertEquals(await html("<title>A b</title><h1>A  b</h1><p>c"), "A b\n\nc");
  assertEquals(await html("<title>A</title><h1>A b</h1>"), "A\n\nA b");
});

Deno.test("htmlParser reads the encoding from byte order mark, meta and XML declaration", async () => {
  const bytes = (head: string, rest: number[]) =>
    new Uint8Array([...new TextEncoder().encode(head), ...rest]);
  assertEquals(await textOf(htmlParser, bytes('<meta charset="iso-8859-2">', [0xb1, 0x20])), "ą");
  assertEquals(
    await textOf(
      htmlParser,
      bytes('<meta http-equiv=content-type content="text/html; charset=Shift_JIS">', [0x93, 0xfa]),
    ),
    "日",
  );
  assertEquals(await textOf(htmlParser, bytes('<?xml version="1.0" encoding="koi8-r"?><p>', [0xc1])), "а");
  assertEquals(
    await textOf(htmlParser, new Uint8Array([0xff, 0xfe, 0x3c, 0, 0x70, 0, 0x3e, 0, 0xe9, 0])),
    "é",
  );
  // a false name, or one nobody knows
  const utf8 = [...new TextEncoder().encode("é")];
  assertEquals(await textOf(htmlParser, bytes("<meta charset=utf-8>", utf8)), "é");
  assertEquals(await textOf(htmlParser, bytes("<meta charset=no-such>", utf8)), "é");
});

Deno.test("htmlParser counts bytes without a meaning and refuses what is no text", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode(`<p>${"é".repeat(200)}`), 0xff]);
  const events = await eventsOf(htmlParser, bytes);
  assertEquals(events[0], { type: "invalidBytes", count: 1 });
  await assertRejects(() => eventsOf(htmlParser, new Uint8Array(100)), ParseFailure, "not text");
});

Deno.test("htmlParser shows what an element that is never closed would hide", async () => {
  assertEquals(await html("<p>a<select><option>b<p>c"), "a\nb\n\nc");
  assertEquals(await html("<p>a<script>b<p>c"), "a");
});

Deno.test("htmlParser makes every line a document in line mode", async () => {
  assertEquals(await documentsOf(htmlParser, "<p>a<br>b", { mode: "line" }), ["a", "b"]);
});

Deno.test("htmlParser reads empty elements of XHTML", async () => {
  const page =
    '<?xml version="1.0"?><html><head><title/><script src="x"/></head><body><p>a&nbsp;&mdash;b</p></body></html>';
  assertEquals(await html(page), "a\u00a0—b");
});

Deno.test("htmlParser takes time in proportion to hostile input", async () => {
  const count = 200_000;
  const hostile = [
    "<div>".repeat(count),
    "<ul><li>".repeat(count),
    "<ul>".repeat(count) + "</ol>".repeat(count),
    "<table><tr><td>".repeat(count) + "</table>".repeat(count),
    "<b".repeat(count),
    "<a b=".repeat(count),
    "<p ".concat("a ".repeat(count), ">"),
    "&amp".repeat(count),
    "<!--".repeat(count),
    "<!-- x -".repeat(count),
    "<![CDATA[".repeat(count),
    "</p>".repeat(count),
    "<template>".repeat(count) + "</template>".repeat(count),
    "<pre>\n".repeat(count),
    "a" + " ".repeat(count * 5) + "b",
    "<sup>".repeat(count) + "1".repeat(count),
    `<p title="${"x".repeat(count)}`,
  ];
  for (const source of hostile) {
    const start = performance.now();
    await html(source);
    const elapsedMs = performance.now() - start;
    assert(elapsedMs < 2000, `${source.slice(0, 20)} took ${elapsedMs} ms`);
  }
});

Deno.test("htmlParser never throws anything but ParseFailure", async () => {
  const piece = fc.constantFrom(
    ...'<p> </p> <pre> </pre> <li> <ul> </ul> <ol start=x> <td> <tr> </tr> <table> </table> <title> </title> <script> <!-- --> &#x110000; &#0; <br/> <a role=noteref> </a> <sup> ] < > " a'
      .split(" "),
    "\n",
    " ",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => typeof await html(pieces.join("")) === "string"),
    { numRuns: 300 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(htmlParser, bytes)),
  );
});
