import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatIngestSummary } from "../../cli/_ingest_summary.ts";
import type { IngestSummary } from "../../lib/ingest/manifest.ts";
import { hostileReport, madeUpReport, madeUpSummary } from "../support/made_up_ingest.ts";

function linesOf(summary: IngestSummary): string[] {
  return formatIngestSummary({
    dir: "data/cache/text/0123456789ab",
    hash: "",
    upToDate: false,
    summary,
    elapsedMs: 1,
    entries: [],
  });
}

Deno.test("formatIngestSummary()", async (t) => {
  const { summary } = madeUpReport(2000);
  await t.assertSnapshot(linesOf(summary).join("\n"));
});

Deno.test("formatIngestSummary() has a table whose rows and columns add up", () => {
  const lines = linesOf(madeUpReport(2000).summary);
  const start = lines.findIndex((line) => line.startsWith("  kind "));
  const end = lines.findIndex((line) => line.startsWith("  all "));
  const table = lines.slice(start + 1, end + 1).map((line) =>
    line.trim().split(/ {2,}/).slice(1).map((cell) => cell === "-" ? 0 : Number(cell.replaceAll(",", "")))
  );
  for (const [files, ok, partial, skipped, failed] of table) {
    assertEquals(files, ok + partial + skipped + failed);
  }
  const all = table.pop()!;
  assertEquals(all.map((_, i) => table.reduce((sum, row) => sum + row[i], 0)), all);
  assertEquals(all[0], 2000);
});

Deno.test("formatIngestSummary() folds the rarest kinds and reasons into one row each", () => {
  const { summary } = madeUpReport(60);
  const [counts] = Object.values(summary.kinds);
  const kinds = Object.fromEntries(
    Array.from({ length: 25 }, (_, i) => [`kind${i}`, { ...counts, seen: 2 }]),
  );
  const reasons = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`reason ${i}`, 3]));
  const lines = linesOf({ ...summary, kinds, reasons });
  assert(lines.some((line) => /^ {2}more kinds +10 /.test(line)));
  assert(lines.includes("  9  for other reasons: see manifest.jsonl"));
});

Deno.test("formatIngestSummary() says of secrets what is known of them", () => {
  const { summary } = madeUpReport(60);
  const about = (secrets: Record<string, number> | null) =>
    linesOf({ ...summary, secrets }).filter((line) => line.startsWith("Secrets"));
  assertEquals(about(null), []);
  assertEquals(about({}), ["Secrets: none found"]);
  assertEquals(about({ "AWS access key": 2, "private key": 1 }), [
    "Secrets: 3 found, 2 AWS access key, 1 private key",
  ]);
});

Deno.test("formatIngestSummary() of one kind has no table of kinds", () => {
  const lines = linesOf(madeUpSummary([]));
  assertEquals(lines[0], "Files: 0 seen, 0 ok, 0 partial, 0 skipped, 0 failed");
  assert(!lines.some((line) => line.includes("kind")));
});

Deno.test("formatIngestSummary() stays within 100 columns and on its lines whatever the texts", () => {
  const lines = linesOf(hostileReport().summary);
  for (const line of lines) {
    assert(line.length <= 100, line);
    assert(!/[\p{Cc}\p{Bidi_Control}]/u.test(line), line);
  }
  assertStringIncludes(lines.join("\n"), "<script>");
});
