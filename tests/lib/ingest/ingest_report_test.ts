import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { formatIngestReport } from "../../../lib/ingest/ingest_report.ts";
import {
  emptyReport,
  HOSTILE_TEXTS,
  hostileReport,
  madeUpEntry,
  madeUpReport,
  madeUpSummary,
} from "../../support/made_up_ingest.ts";

/** Tags of a page in order, the document type and closing ones included. */
function tagsOf(html: string): string[] {
  const body = html.replace(/<style>[^<]*<\/style>/, "");
  return Array.from(body.matchAll(/<\/?([a-z!][a-z0-9]*)/gi), ([, name]) => name.toLowerCase());
}

/** Text between tags, entities resolved. */
function textOf(html: string): string {
  return html.slice(html.indexOf("<main>")).replace(/<[^>]*>/g, "\n")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
}

/** Each opened element is closed in order, so nothing in the data ended one. */
function assertWellFormed(html: string): void {
  const open: string[] = [];
  for (const [, slash, name, rest] of html.matchAll(/<(\/?)([a-z0-9]+)((?:"[^"]*"|[^>"])*)>/g)) {
    if (slash !== "") assertEquals(open.pop(), name);
    else if (!/^(?:meta|br)$/.test(name) && !rest.endsWith("/")) open.push(name);
  }
  assertEquals(open, []);
}

const TAGS = new Set(
  ("!doctype html head meta title style body main section h1 h2 h3 p i b span ul li div dl dt dd svg rect text line " +
    "table thead tbody tr th td figure figcaption blockquote details summary footer br").split(" "),
);

for (
  const [name, report] of Object.entries({
    madeUpReport: madeUpReport(300),
    emptyReport: emptyReport(),
    hostileReport: hostileReport(),
  })
) {
  Deno.test(`formatIngestReport() of ${name}() stands alone and runs nothing`, () => {
    const html = formatIngestReport(report);
    const [style] = /(?<=<style>)[^<]*(?=<\/style>)/.exec(html)!;
    const hash = createHash("sha256").update(style).digest("base64");
    assertStringIncludes(html, `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'`);
    assertFalse(/url\(|@import|https?:/i.test(style));
    const names = Array.from(
      html.matchAll(/<[a-z][^\s>]*((?:\s+[a-z-]+(?:="[^"]*")?)*)>/gi),
      ([, attributes]) => attributes.replaceAll(/="[^"]*"/g, ""),
    ).join(" ");
    assertFalse(/\b(?:on\w+|style|href|src|srcset|action|data)\b/i.test(names), names);
    assertEquals([...new Set(tagsOf(html))].filter((tag) => !TAGS.has(tag)), []);
    assertWellFormed(html);
    assertMatch(html, /^<!DOCTYPE html>/);
  });
}

Deno.test("formatIngestReport() shows hostile names and samples as text, and what would not be seen by name", () => {
  const html = formatIngestReport(hostileReport());
  assertFalse(html.includes("<script") || html.includes("<img"));
  const text = textOf(html);
  for (const name of [HOSTILE_TEXTS[0], HOSTILE_TEXTS[2], HOSTILE_TEXTS[4], "__proto__"]) {
    assertStringIncludes(text, name);
  }
  assertFalse(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u.test(html));
  for (const mark of ["U+202E", "U+200B", "U+001B", "U+D800", "\\0", "\\r"]) {
    assertStringIncludes(html, `<span class="invisible">${mark}</span>`);
  }
  assert(html.isWellFormed());
});

Deno.test("formatIngestReport() is well formed whatever the texts", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE_TEXTS));
  fc.assert(
    fc.property(text, text, text, (path, reason, sample) => {
      const entries = [
        madeUpEntry(path, { status: "failed", reason, parser: sample, bytes: 1, elapsedMs: 1 }),
      ];
      const html = formatIngestReport({
        paths: [path],
        dir: sample,
        elapsedMs: 0,
        entries,
        summary: madeUpSummary(entries, { dropped: [{ path, reason, sample }], languages: { [path]: 1 } }),
      });
      assertWellFormed(html);
      assertEquals([...new Set(tagsOf(html))].filter((tag) => !TAGS.has(tag)), []);
    }),
    { numRuns: 150 },
  );
});

Deno.test("formatIngestReport() has counts that add up, and every reason", () => {
  const report = madeUpReport(500);
  const { files, kinds, reasons } = report.summary;
  const text = textOf(formatIngestReport(report));
  assertStringIncludes(text, "What became of 500 files");
  for (const status of ["ok", "partial", "skipped", "failed"] as const) {
    assertStringIncludes(text, `${files[status]} ${status}`);
    for (const [kind, counts] of Object.entries(kinds)) {
      assertStringIncludes(text, kind);
      if (counts[status] > 0) assertStringIncludes(text, `${counts[status]} ${status}`);
    }
  }
  for (const reason of Object.keys(reasons)) assertStringIncludes(text, reason);
  for (const title of ["Length of documents", "Languages", "Secrets found", "Parsers", "Slowest files"]) {
    assertStringIncludes(text, title);
  }
});

Deno.test("formatIngestReport() says that nobody looked for secrets, that none were found, or how many by rule", () => {
  const report = madeUpReport(50);
  const secretsOf = (secrets: Record<string, number> | null) =>
    textOf(formatIngestReport({ ...report, summary: { ...report.summary, secrets } }));
  assertStringIncludes(secretsOf(null), "Nobody looked for secrets");
  assertStringIncludes(secretsOf({}), "No secrets were found");
  assertMatch(secretsOf({ "AWS access key": 3 }), /AWS access key\n+3\n/);
});

Deno.test("formatIngestReport() of 10,000 files is a small page and quick", () => {
  const report = madeUpReport(10_000);
  const start = performance.now();
  const html = formatIngestReport(report);
  assert(html.length < 100_000, String(html.length));
  assert(performance.now() - start < 2000);
});
