// The terminal's view of comparisons: figures, ratios and bars in columns. Returns text and prints nothing.

import type { BarResult, ComparisonResult, ContenderResult, Spread } from "./verdict.ts";

const NAME_WIDTH = 24;

/** Stands above the first of many comparisons of a line each. */
export const ROWS_HEADING = "\nodd shapes beside round ones: best, ratio of medians (of bests)";

/** One comparison as lines. */
export function formatComparison(result: ComparisonResult): string {
  const { title, unit, contenders, bars, notes, isRow } = result;
  if (isRow) return formatRow(result);
  const header = `${
    unit.padEnd(NAME_WIDTH + 2)
  }    median      best   ours / theirs  cores  per core  first after`;
  const lines = [
    `\n${title}`,
    `  ${header}`,
    ...contenders.map((contender) => `  ${formatContender(contender)}`),
  ];
  for (const bar of bars) lines.push(`  bar ${formatBar(bar)}`);
  for (const note of notes) lines.push(`  ${note}`);
  return lines.join("\n");
}

/** What the bars come to, and what was skipped, at the end. */
export function formatSummary(results: readonly ComparisonResult[]): string {
  const bars = results.flatMap(({ title, bars }) => bars.map((bar) => ({ title, bar })));
  const count = (verdict: string) => bars.filter(({ bar }) => bar.verdict === verdict).length;
  const lines = [
    `\nBars: ${count("reached")} reached, ${count("edge")} at the edge (median and best differ), ` +
    `${count("missed")} missed, ${count("not measured")} not measured`,
  ];
  for (const { title, bar } of bars) {
    if (bar.verdict !== "reached") lines.push(`  ${title}: ${formatBar(bar)}`);
  }
  const skipped = results.flatMap(({ contenders }) => contenders).flatMap(({ name, skip }) =>
    skip ? [`Skipped: ${name}: ${skip.reason}; ${skip.remedy}`] : []
  );
  return [...lines, ...new Set(skipped)].join("\n");
}

function formatContender(contender: ContenderResult): string {
  const { name, figure, ratio, cores, ratioPerCore, facts, skip } = contender;
  const label = name.padEnd(NAME_WIDTH);
  if (!figure) return `${label}  skipped: ${skip?.reason ?? "no round"}`;
  const ratios = ratio ? `${formatNumber(ratio.median)} (${formatNumber(ratio.best)})` : "";
  const first = `${((facts?.firstUnitMs ?? NaN) / 1000).toFixed(1)} s`;
  const columns = [
    formatNumber(figure.median).padStart(12),
    formatNumber(figure.best).padStart(10),
    ratios.padStart(16),
    (cores?.toFixed(1) ?? "").padStart(7),
    (ratioPerCore ? formatNumber(ratioPerCore) : "").padStart(10),
    first.padStart(13),
  ];
  return `${label}${columns.join("")}${skip ? `  stopped: ${skip.reason}` : ""}`;
}

function formatRow({ title, unit, contenders, bars }: ComparisonResult): string {
  const [odd, round] = contenders;
  const text = (contender: ContenderResult) =>
    contender.figure ? formatNumber(contender.figure.best) : contender.skip?.reason ?? "nothing";
  const { value, verdict } = bars[0];
  const mark = verdict === "reached" ? "" : verdict === "missed" ? "  CLIFF" : `  ${verdict}`;
  return `  ${title.padEnd(30)}${text(odd).padStart(8)} beside ${text(round).padStart(8)} ${unit} of ${
    round.name.padEnd(26)
  }${value ? formatSpread(value) : ""}${mark}`;
}

function formatBar({ text, value, verdict }: BarResult): string {
  return `${text}: ${value ? `${formatSpread(value)}, ` : ""}${verdict === "edge" ? "at the edge" : verdict}`;
}

/** Median, and best in brackets. */
function formatSpread({ median, best }: Spread): string {
  return `${formatNumber(median)} (${formatNumber(best)})`;
}

/** Three digits, or all before the point. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
