import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  countEntries,
  FILE_STATUSES,
  formatReasons,
  leftOut,
  lengthBin,
  type ManifestEntry,
} from "../../../lib/ingest/manifest.ts";

function entry(path: string, options: Partial<ManifestEntry>): ManifestEntry {
  return leftOut(path, { reason: null, ...options });
}

const ENTRIES: ManifestEntry[] = [
  entry("a.txt", { kind: "text", status: "ok", bytes: 10, documents: 1, characters: 10 }),
  entry("b.txt", { kind: "text", status: "ok", bytes: 20, documents: 2, characters: 18 }),
  entry("c.txt", { kind: "text", status: "failed", bytes: 5, reason: "permission denied" }),
  entry("d.md", {
    kind: "markdown",
    status: "partial",
    reason: "a page is damaged",
    documents: 1,
    characters: 7,
  }),
  entry("e", { reason: "excluded by data.exclude" }),
  entry("f", { reason: "excluded by data.exclude" }),
];

Deno.test("countEntries() counts every file once, in all and by kind", () => {
  const { files, kinds } = countEntries(ENTRIES);
  assertEquals(files, { seen: 6, ok: 2, partial: 1, skipped: 2, failed: 1 });
  const none = { ok: 0, partial: 0, skipped: 0, failed: 0, bytes: 0, documents: 0, characters: 0 };
  assertEquals(kinds, {
    text: { ...none, seen: 3, ok: 2, failed: 1, bytes: 35, documents: 3, characters: 28 },
    other: { ...none, seen: 2, skipped: 2 },
    markdown: { ...none, seen: 1, partial: 1, documents: 1, characters: 7 },
  });
  assertEquals(Object.keys(kinds), ["text", "other", "markdown"]);
});

Deno.test("countEntries() counts the reasons of all that is not ok, the most frequent first", () => {
  const { reasons } = countEntries(ENTRIES);
  assertEquals(Object.entries(reasons), [
    ["excluded by data.exclude", 2],
    ["a page is damaged", 1],
    ["permission denied", 1],
  ]);
});

Deno.test("countEntries() gives counts that add up, whatever the files", () => {
  const entries = fc.array(fc.record({
    kind: fc.constantFrom("text", "code", null),
    status: fc.constantFrom(...FILE_STATUSES),
    reason: fc.constantFrom("empty", "damaged", null),
    bytes: fc.nat(),
  }));
  fc.assert(fc.property(entries, (some) => {
    const { files, kinds } = countEntries(some.map((one, i) => entry(`${i}`, one as Partial<ManifestEntry>)));
    assertEquals(files.seen, some.length);
    for (const counts of [files, ...Object.values(kinds)]) {
      assertEquals(counts.seen, counts.ok + counts.partial + counts.skipped + counts.failed);
    }
    for (const status of FILE_STATUSES) {
      assertEquals(files[status], Object.values(kinds).reduce((sum, counts) => sum + counts[status], 0));
    }
  }));
});

Deno.test("formatReasons() says how many were left out and why", () => {
  assertEquals(
    formatReasons(countEntries(ENTRIES)),
    "6 seen, 1 read in part, 2 skipped and 1 failed " +
      "(2 excluded by data.exclude, 1 a page is damaged, 1 permission denied)",
  );
  assertEquals(formatReasons(countEntries([])), "0 seen, 0 skipped and 0 failed");
});

Deno.test("lengthBin() doubles from one item to the next", () => {
  assertEquals([0, 1, 2, 3, 4, 1023, 1024, 2 ** 40].map(lengthBin), [0, 0, 1, 1, 2, 9, 10, 40]);
});
