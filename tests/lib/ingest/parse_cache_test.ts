import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ParseCache } from "../../../lib/ingest/parse_cache.ts";
import type { ParsedFile } from "../../../lib/ingest/parse_lines.ts";
import { openTempFolder } from "../common/temp_folder.ts";

const FILE: ParsedFile = {
  member: "",
  kind: "text",
  parser: "text 1",
  bytes: 5,
  sha256: null,
  status: "ok",
  reason: null,
  pages: 0,
  invalidBytes: 0,
  strange: {},
  secrets: {},
  documents: [{ text: "sheep \u{1f411}", characters: 7, language: null, signature: null }],
  dropped: [],
};

Deno.test("ParseCache gives back what was kept, in this run and in the next", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "parsed.sqlite");
  {
    using cache = await ParseCache.open(path);
    assertEquals(cache.get("a"), undefined);
    cache.set("a", [FILE]);
    cache.set("b", []);
    assertEquals(cache.get("a"), [FILE]);
  }
  using again = await ParseCache.open(path);
  assertEquals([again.get("a"), again.get("b"), again.get("c")], [[FILE], [], undefined]);
});

Deno.test("ParseCache makes a damaged file anew", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "parsed.sqlite");
  await Deno.writeTextFile(path, "this is no database, but it is long enough to be one ".repeat(40));
  using cache = await ParseCache.open(path);
  cache.set("a", [FILE]);
  assertEquals(cache.get("a"), [FILE]);
});
