import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { markdownParser } from "../../../../lib/ingest/parsers/markdown.ts";
import { documentsOf, survives, textOf } from "./office_fixture.ts";

function markdown(text: string): Promise<string> {
  return textOf(markdownParser, text);
}

Deno.test("markdownParser keeps Markdown as it is", async () => {
  const text =
    "# A\n\n*b* [c](d)\n\n- e\n  - f\n\n| g |\n|---|\n\n---\n\n```html\n<!-- h -->\n```\n\n    <!-- i -->\n`<!-- j -->`\n";
  assertEquals(await markdown(text), text);
});

Deno.test("markdownParser leaves out front matter, but no text between rules", async () => {
  assertEquals(await markdown("---\ntitle: A\ntags: [b]\n---\n\n# C\n"), "# C\n");
  assertEquals(await markdown('+++\ntitle = "A"\n+++\nB'), "B");
  for (
    const text of ["---\nSome text.\n---\nB", "---\na: b\n", "text\n---\na: b\n---\n", "---\na: b\n---x\n"]
  ) {
    assertEquals(await markdown(text), text);
  }
});

Deno.test("markdownParser leaves out comments outside of code", async () => {
  assertEquals(await markdown("a<!-- x\ny -->b\n<!-- z -->\nc <!-- 1 --><!-- 2 -->d"), "ab\nc d");
  assertEquals(await markdown("~~~\n<!-- a -->\n```\n~~~\n<!-- b -->\nc"), "~~~\n<!-- a -->\n```\n~~~\nc");
  assertEquals(await markdown("a <!-- b\nc"), "a <!-- b\nc");
});

Deno.test("markdownParser makes every line a document in line mode", async () => {
  assertEquals(await documentsOf(markdownParser, "a\nb\n", { mode: "line" }), ["a", "b"]);
});

Deno.test("markdownParser takes time in proportion to hostile input", async () => {
  const count = 300_000;
  for (const text of ["<!--", "<!---->", "`<!--", "<!--\n", "```\n", "---\n", "`", "- "]) {
    const start = performance.now();
    await markdown(text.repeat(count));
    assert(performance.now() - start < 1500, text);
  }
});

Deno.test("markdownParser never throws anything but ParseFailure", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(markdownParser, bytes)),
  );
  const piece = fc.constantFrom("<!--", "-->", "`", "```", "\n", "---\n", "a: b\n", " ");
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (all) => typeof await markdown(all.join("")) === "string"),
  );
});
