import { assertEquals } from "@std/assert";
import { PARSER_NAMES } from "../../../../lib/ingest/parsers/parser_names.ts";
import { PARSERS } from "../../../../lib/ingest/parsers/parsers.ts";

Deno.test("PARSERS have the names that the parent knows them by", () => {
  const names = Object.entries(PARSERS).map(([kind, { name }]) => [kind, name]);
  assertEquals(Object.fromEntries(names), PARSER_NAMES);
});
