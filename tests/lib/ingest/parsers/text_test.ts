import { assertEquals, assertRejects } from "@std/assert";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { textParser } from "../../../../lib/ingest/parsers/text.ts";
import { documentsOf, eventsOf, textOf } from "./office_fixture.ts";

Deno.test("textParser keeps a file as it is, line ends LF", async () => {
  assertEquals(await textOf(textParser, "def f():\r\n    return 1\r\n\r\n"), "def f():\n    return 1\n\n");
});

Deno.test("textParser makes every line a document in line mode, indentation kept", async () => {
  assertEquals(await documentsOf(textParser, "a\n\n  b\nc", { mode: "line" }), ["a", "", "  b", "c"]);
});

Deno.test("textParser counts bytes that are not UTF-8 and refuses what is no text", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode("é".repeat(200)), 0xff]);
  assertEquals((await eventsOf(textParser, bytes))[0], { type: "invalidBytes", count: 1 });
  await assertRejects(() => eventsOf(textParser, new Uint8Array(10)), ParseFailure, "not text: NUL bytes");
});
