import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatComparison, formatNumber, formatSummary } from "./report.ts";
import type { ComparisonResult } from "./verdict.ts";

const RESULT: ComparisonResult = {
  title: "training",
  unit: "tokens/s",
  isRow: false,
  contenders: [
    {
      name: "sheepop",
      rounds: [],
      figure: { median: 1600, best: 1900 },
      facts: { adapter: "x", firstUnitMs: 2345 },
    },
    {
      name: "PyTorch",
      rounds: [],
      figure: { median: 6400, best: 6600 },
      ratio: { median: 0.25, best: 0.288 },
      cores: 1.96,
      ratioPerCore: 0.3512,
      facts: { adapter: "x", firstUnitMs: 1234 },
    },
    { name: "jax-js", rounds: [], skip: { reason: "no network", remedy: "connect" } },
  ],
  bars: [
    {
      bar: {},
      text: ">= 0.29 x PyTorch",
      value: { median: 0.25, best: 0.288 },
      verdict: "missed",
    },
    { bar: {}, text: ">= 9 x jax-js", verdict: "not measured" },
  ],
  notes: ["losses agree"],
};

Deno.test("formatComparison() shows figures, ratios, bars and who was skipped", () => {
  assertEquals(
    formatComparison(RESULT),
    `
training
  tokens/s                      median      best   ours / theirs  cores  per core  first after
  sheepop                        1,600     1,900                                         2.3 s
  PyTorch                        6,400     6,600    0.25 (0.288)    2.0     0.351        1.2 s
  jax-js                    skipped: no network
  bar >= 0.29 x PyTorch: 0.25 (0.288), missed
  bar >= 9 x jax-js: not measured
  losses agree`,
  );
});

Deno.test("formatComparison() shows one of many alike as a line", () => {
  const contenders = ["odd", "round"].map((name, i) => ({
    name,
    rounds: [],
    figure: { median: 2 + 3 * i, best: 3 + 4 * i },
  }));
  const value = { median: 0.4, best: 3 / 7 };
  const bars = [{ bar: {}, text: ">= 0.5 x round", value, verdict: "missed" as const }];
  const line = formatComparison({ ...RESULT, title: "width 100", isRow: true, contenders, bars });
  assertEquals(
    line,
    "  width 100                            3 beside        7 tokens/s of round                     0.4 (0.429)  CLIFF",
  );
});

Deno.test("formatSummary() counts bars and names what was missed and skipped once", () => {
  const text = formatSummary([RESULT, RESULT]);
  assertStringIncludes(text, "0 reached, 0 at the edge (median and best differ), 2 missed, 2 not measured");
  assertStringIncludes(text, "training: >= 0.29 x PyTorch: 0.25 (0.288), missed");
  assertEquals(text.match(/Skipped: jax-js: no network; connect/g)?.length, 1);
});

Deno.test("formatNumber() keeps three digits and everything before the point", () => {
  assertEquals([1234567, 12.345, 0.01234, 0, NaN].map(formatNumber), [
    "1,234,567",
    "12.3",
    "0.0123",
    "0",
    "-",
  ]);
});
