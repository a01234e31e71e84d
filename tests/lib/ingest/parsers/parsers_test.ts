import { assertEquals } from "@std/assert";
import { PARSER_NAMES } from "../../../../lib/ingest/parsers/parser_names.ts";
import { PARSERS } from "../../../../lib/ingest/parsers/parsers.ts";

Deno.test("PARSERS and their names are of the same kinds, and a parser has one name", () => {
  assertEquals(Object.keys(PARSERS).sort(), Object.keys(PARSER_NAMES).sort());
  assertEquals(new Set(Object.values(PARSERS)).size, new Set(Object.values(PARSER_NAMES)).size);
});
