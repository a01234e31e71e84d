// The pictures of the ingest report: bars and a histogram as SVG with lengths in per cent, so that they fit every
// width while their letters keep their size. Knows numbers, not files.

import { formatNumber, groupThousands, makeAxis } from "../monitor/axis.ts";
import { svgText } from "../monitor/svg_text.ts";
import { visibleText } from "./_visible_text.ts";

/** One part of a stacked bar. */
export interface BarPart {
  /** For people: `12 partial`. */
  readonly label: string;
  /** Class of the style sheet that gives the colour. */
  readonly color: string;
  /** Length relative to the other parts, at least 0. */
  readonly value: number;
}

const HISTOGRAM_HEIGHT = 210;
const AXIS_HEIGHT = 42;
const TOP = 18;
/** What is there is seen, however little it is, %. */
const MIN_PART = 0.8;
const BAR_GAP = 0.4;
const MAX_SQUARES = 22;

/**
 * A bar as long as its parts are together.
 *
 * @param options.share - of the full width, 0 to 1; the rest is a pale track
 * @param options.height - pixels
 */
export function stackedBar(
  parts: readonly BarPart[],
  options: { readonly share?: number; readonly height?: number } = {},
): string {
  const { share = 1, height = 18 } = options;
  const seen = parts.filter((part) => part.value > 0);
  const label = seen.map((part) => part.label).join(", ");
  const rectangles = [`<rect class="track" width="100%" height="${height}"/>`];
  let x = 0;
  for (const { part, width } of widthsOf(seen, 100 * share)) {
    rectangles.push(
      `<rect class="${part.color}" x="${percent(x)}" width="${percent(width)}" height="${height}">` +
        `<title>${visibleText(part.label)}</title></rect>`,
    );
    x += width;
  }
  return `<svg class="bar" width="100%" height="${height}" role="img" aria-label="${visibleText(label)}">` +
    `${rectangles.join("")}</svg>`;
}

/**
 * How many documents have which length, over a logarithmic axis.
 *
 * @param counts - item i for 2^i to 2^(i+1) - 1 characters, at least one above 0
 */
export function lengthChart(counts: readonly number[]): string {
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  // A single bar would fill the picture and show no scale.
  const [from, to] = [Math.max(0, first - 1), Math.max(last + 2, first + 7)];
  const middle = middleBin(counts);
  const y = makeAxis({ min: 0, max: Math.max(...counts), tickCount: 4, isWhole: true });
  const yOf = (value: number) => TOP + HISTOGRAM_HEIGHT * (1 - y.position(value));
  const xOf = (bin: number) => 100 * (bin - from) / (to - from);
  const grid = y.ticks.map(({ value }) =>
    `<line class="grid" x1="0" x2="100%" y1="${yOf(value).toFixed(1)}" y2="${yOf(value).toFixed(1)}"/>`
  );
  const bars = counts.map((count, bin) => {
    if (count === 0) return "";
    const [x, width, top] = [xOf(bin) + BAR_GAP / 2, xOf(bin + 1) - xOf(bin) - BAR_GAP, yOf(count)];
    const label = `${count === 1 ? "1 document" : `${groupThousands(String(count))} documents`} of ${
      binRange(bin)
    }`;
    // One document beside ten thousand is still there.
    const height = Math.max(2, TOP + HISTOGRAM_HEIGHT - top);
    return `<rect class="${bin === middle ? "ok" : "pale"}" x="${percent(x)}" width="${percent(width)}" ` +
      `y="${(TOP + HISTOGRAM_HEIGHT - height).toFixed(1)}" height="${height.toFixed(1)}">` +
      `<title>${label}</title></rect>` +
      `<text class="above" x="${percent(x + width / 2)}" y="${
        (TOP + HISTOGRAM_HEIGHT - height - 5).toFixed(1)
      }" ` +
      `text-anchor="middle">${compact(count)}</text>`;
  });
  const height = TOP + HISTOGRAM_HEIGHT + AXIS_HEIGHT;
  const scale = y.ticks.map(({ value, label }) =>
    svgText([38, Math.round(yOf(value)) + 4], label, 'text-anchor="end"')
  );
  return `<div class="histogram"><svg width="46" height="${height}" aria-hidden="true">${
    scale.join("")
  }</svg>` +
    `<svg width="100%" height="${height}" role="img" aria-label="Number of documents by length">` +
    `${grid.join("")}${bars.join("")}${lengthScale(from, to)}</svg></div>`;
}

/** One square for the document that was kept and one for each that was dropped, as far as there is room. */
export function squares(dropped: number): string {
  const count = 1 + Math.min(dropped, MAX_SQUARES);
  const marks = Array.from(
    { length: count },
    (_, i) => `<rect class="${i === 0 ? "ok" : "skipped"}" x="${i * 13}" width="11" height="11" rx="2"/>`,
  );
  const more = dropped > MAX_SQUARES ? svgText([count * 13 + 2, 10], "...") : "";
  return `<svg width="${count * 13 + 20}" height="12" aria-hidden="true">${marks.join("")}${more}</svg>`;
}

/** `1,024 to 2,047 characters`, what item `bin` of a histogram counts. */
export function binRange(bin: number): string {
  const [from, to] = [2 ** bin, 2 ** (bin + 1) - 1];
  if (from === to) return "1 character";
  return `${groupThousands(String(from))} to ${groupThousands(String(to))} characters`;
}

/** The item that holds the middle document when all are sorted by length. */
export function middleBin(counts: readonly number[]): number {
  const half = counts.reduce((sum, count) => sum + count, 0) / 2;
  let sum = 0;
  return counts.findIndex((count) => (sum += count) >= half);
}

/** Powers of ten below the bars, and what they count. */
function lengthScale(from: number, to: number): string {
  const ticks: string[] = [];
  const bottom = TOP + HISTOGRAM_HEIGHT;
  for (let value = 1; Math.log2(value) <= to; value *= 10) {
    const at = 100 * (Math.log2(value) - from) / (to - from);
    if (at < 0) continue;
    const anchor = at < 3 ? "start" : at > 97 ? "end" : "middle";
    ticks.push(
      `<line class="grid" x1="${percent(at)}" x2="${percent(at)}" y1="${bottom}" y2="${bottom + 6}"/>` +
        `<text x="${percent(at)}" y="${bottom + 20}" text-anchor="${anchor}">${compact(value)}</text>`,
    );
  }
  return ticks.join("") +
    `<text x="50%" y="${bottom + 38}" text-anchor="middle">characters in a document</text>`;
}

/** Widths that add up to `total`, none too thin to be seen. */
function widthsOf(parts: readonly BarPart[], total: number): { part: BarPart; width: number }[] {
  const sum = parts.reduce((value, part) => value + part.value, 0);
  const wanted = parts.map((part) => Math.max(Math.min(MIN_PART, total), total * part.value / sum));
  const scale = Math.max(total, MIN_PART) / wanted.reduce((value, width) => value + width, 0);
  return parts.map((part, i) => ({ part, width: wanted[i] * scale }));
}

function compact(value: number): string {
  return value >= 1e4 && value < 1e6
    ? `${formatNumber(Number((value / 1e3).toPrecision(3)))}k`
    : formatNumber(
      Number(value.toPrecision(3)),
    );
}

function percent(value: number): string {
  return `${Number(value.toFixed(3))}%`;
}
