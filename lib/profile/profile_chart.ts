// The profile as a picture: bars that hang under one another, step over phases over operations over kernels,
// as wide as they take time. Of a kernel, the dark part is as high as its share of the ceiling it is nearer
// to: what is light could be won.

import { CHART_COLORS, CHART_INK } from "../monitor/chart_panel.ts";
import { formatPixels } from "../monitor/curve.ts";
import { CHART_FONT, escapeXml, svgText, textWidth } from "../monitor/svg_text.ts";
import type { Profile } from "./profile.ts";
import { foldRows, type ProfileRow, ratesOf, type RowKey, sumRows } from "./profile_rows.ts";
import type { PartProfile } from "./profile_training.ts";

const WIDTH = 1200;
const MARGIN = 24;
const INNER = WIDTH - 2 * MARGIN;
const TITLE_HEIGHT = 100;
const HEADING_HEIGHT = 34;
const BAR_HEIGHT = 26;
/** A kernel's bar holds its label standing up. */
const KERNEL_HEIGHT = 280;
const PART_GAP = 44;
const FONT_SIZE = 11;
const LINE_HEIGHT = 14;
const PADDING = 6;
/** A bar narrower than this has no label, only a tooltip. */
const MIN_LABEL = 13;

const COLORS: Readonly<Record<string, string>> = {
  matmul: CHART_COLORS.blue,
  attention: CHART_COLORS.orange,
  cached_attention: CHART_COLORS.orange,
  layer_norm: CHART_COLORS.green,
  linear_cross_entropy: CHART_COLORS.purple,
};

/** A rectangle, pixels. */
interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws a profile.
 *
 * @returns a complete SVG document, 1200 pixels wide
 */
export function drawProfile(profile: Profile): string {
  const { shape, ceilings } = profile;
  const title = "Where the time goes";
  const notes = [
    `${profile.adapter}, ${profile.kernels} kernels. ${shape.numLayers} layers, ${shape.numHeads} heads, width ` +
    `${shape.dModel}, context ${shape.maxSeqLen}, vocabulary ${shape.vocabSize}, ${profile.batchSize} sequences.`,
    `Width is time. Of a kernel, the dark part is its share of the ceiling it is nearer to: compute ` +
    `${figure(ceilings.gflops)} GFLOP/s or copy ${figure(ceilings.gbPerSecond)} GB/s.`,
  ];
  const parts: string[] = [];
  let y = TITLE_HEIGHT;
  for (const [name, part] of [["Training step", profile.step], ["Decoded token", profile.token]] as const) {
    if (!part) continue;
    const drawn = drawPart(part, { name, y, profile });
    parts.push(drawn.svg);
    y = drawn.bottom + PART_GAP;
  }
  const height = y - PART_GAP + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `font-family="${CHART_FONT}" font-size="${FONT_SIZE}" fill="${CHART_INK.text}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(notes.join(" "))}</desc>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    svgText([MARGIN, 38], title, 'font-size="20" font-weight="600"'),
    ...notes.map((note, i) =>
      svgText([MARGIN, 62 + 20 * i], note, `font-size="13" fill="${CHART_INK.faint}"`)
    ),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function drawPart(
  part: PartProfile,
  options: { name: string; y: number; profile: Profile },
): { svg: string; bottom: number } {
  const { name, y, profile } = options;
  const sum = sumRows(part.rows);
  const scale = sum.ms > 0 ? INNER / sum.ms : 0;
  const heading = [
    `${formatMs(sum.ms)} on the device in ${sum.dispatches} dispatches`,
    `${formatMs(part.wallMs)} without instruments`,
    `${figure(part.tokens / part.wallMs * 1000)} tokens/s`,
  ].join(", ");
  const svg = [
    svgText([MARGIN, y + 16], name, 'font-size="14" font-weight="600"'),
    svgText(
      [MARGIN + textWidth(name, 14) + 18, y + 16],
      heading,
      `font-size="13" fill="${CHART_INK.faint}"`,
    ),
  ];
  const phases = new Set(part.rows.map(({ phase }) => phase));
  // A token has one phase only: nothing to tell apart.
  const levels: RowKey[] = phases.size > 1 ? ["phase", "operation"] : ["operation"];
  const top = y + HEADING_HEIGHT;
  const bars = new Bars(scale, { profile, total: sum.ms });
  bars.drawLevel(part.rows, { levels, keys: [], x: MARGIN, y: top });
  return {
    svg: [...svg, ...bars.parts].join("\n"),
    bottom: top + levels.length * BAR_HEIGHT + KERNEL_HEIGHT,
  };
}

/** Draws groups within groups, from left to right; what belongs to a group stands under it. */
class Bars {
  readonly parts: string[] = [];
  readonly #scale: number;
  readonly #profile: Profile;
  readonly #total: number;

  constructor(scale: number, options: { profile: Profile; total: number }) {
    this.#scale = scale;
    this.#profile = options.profile;
    this.#total = options.total;
  }

  drawLevel(
    rows: readonly ProfileRow[],
    options: { levels: readonly RowKey[]; keys: readonly RowKey[]; x: number; y: number },
  ): void {
    const { levels, keys, y } = options;
    const [level, ...below] = levels;
    const own: RowKey[] = level ? [...keys, level] : [...keys, "kernel", "detail"];
    let { x } = options;
    for (const row of foldRows(rows, own)) {
      const width = row.ms * this.#scale;
      if (!level) {
        this.#drawKernel(row, { x, y, width, height: KERNEL_HEIGHT });
      } else {
        this.#drawGroup(row, row[level], { x, y, width, height: BAR_HEIGHT });
        const members = rows.filter((member) => member[level] === row[level]);
        this.drawLevel(members, { levels: below, keys: own, x, y: y + BAR_HEIGHT });
      }
      x += width;
    }
  }

  #drawGroup(row: ProfileRow, name: string, bar: Bar): void {
    const color = row.operation ? colorOf(row.operation) : CHART_INK.faint;
    const label = [`${name}  ${formatMs(row.ms)}`, name].find((text) =>
      textWidth(text, FONT_SIZE) + 2 * PADDING <= bar.width
    );
    this.#add(bar, [
      rectangle(bar, `fill="${color}" fill-opacity="${row.operation ? 0.35 : 0.16}"`),
      label ? svgText([round(bar.x + PADDING), bar.y + 17], label, 'font-weight="600"') : "",
    ], [name, this.#timeOf(row)]);
  }

  #drawKernel(row: ProfileRow, bar: Bar): void {
    const rates = ratesOf(row, this.#profile.ceilings);
    const share = Math.min(1, Math.max(rates.ofCompute, rates.ofCopy));
    const color = colorOf(row.operation);
    const dark = { ...bar, y: bar.y + bar.height * (1 - share), height: bar.height * share };
    const figures = `${formatMs(row.ms)}, ${
      percent(Math.max(rates.ofCompute, rates.ofCopy))
    } of ${rates.bound}`;
    this.#add(bar, [
      rectangle(bar, `fill="${color}" fill-opacity="0.14"`),
      rectangle(dark, `fill="${color}" fill-opacity="0.42"`),
      drawLabel(row, figures, bar),
    ], [
      `${row.kernel} ${row.detail}`.trim(),
      figures,
      this.#timeOf(row),
      `${figure(rates.gflops)} GFLOP/s, ${percent(rates.ofCompute)} of compute`,
      `${figure(rates.gbPerSecond)} GB/s, ${percent(rates.ofCopy)} of copy`,
    ]);
  }

  #timeOf(row: ProfileRow): string {
    const calls = row.dispatches === 1 ? "1 dispatch" : `${row.dispatches} dispatches`;
    return `${formatMs(row.ms)}, ${percent(row.ms / this.#total)} of the time, ${calls}`;
  }

  #add(bar: Bar, parts: readonly string[], tooltip: readonly string[]): void {
    if (bar.width <= 0) return;
    const drawn = parts.filter((part) => part !== "").join("");
    this.parts.push(`<g><title>${escapeXml(tooltip.join("\n"))}</title>${drawn}</g>`);
  }
}

/**
 * Kernel, shape and figures: lying where there is room, standing where there is not, on as many lines as fit.
 */
function drawLabel(row: ProfileRow, figures: string, bar: Bar): string {
  if (bar.width < MIN_LABEL) return "";
  const { kernel, detail } = row;
  const lines = [kernel, detail, figures].filter((line) => line !== "");
  if (Math.max(...lines.map((line) => textWidth(line, FONT_SIZE))) + 2 * PADDING <= bar.width) {
    const x = round(bar.x + PADDING);
    return lines.map((line, i) => svgText([x, bar.y + 17 + i * LINE_HEIGHT], line)).join("");
  }
  const room = bar.height - 2 * PADDING;
  const name = `${kernel} ${detail}`.trim();
  const forms = [lines, [name, figures], [`${name}  ${figures}`], [`${name}  ${formatMs(row.ms)}`]];
  const fits = (form: readonly string[]) =>
    form.length * LINE_HEIGHT + 2 <= Math.max(bar.width, LINE_HEIGHT + 2) &&
    form.every((line) => textWidth(line, FONT_SIZE) <= room);
  const standing = forms.find(fits) ?? [firstWords(name, room)];
  const left = bar.x + (bar.width - standing.length * LINE_HEIGHT) / 2 + 11;
  const y = bar.y + bar.height - PADDING;
  return standing.map((line, i) => {
    const x = round(left + i * LINE_HEIGHT);
    return svgText([x, y], line, `transform="rotate(-90 ${x} ${y})"`);
  }).join("");
}

/** The first words of a text, as many as fit. */
function firstWords(text: string, width: number): string {
  let words = text;
  while (textWidth(words, FONT_SIZE) > width && words.includes(" ")) {
    words = words.slice(0, words.lastIndexOf(" "));
  }
  return words;
}

function rectangle({ x, y, width, height }: Bar, style: string): string {
  const size = `width="${formatPixels(width)}" height="${formatPixels(height)}"`;
  return `<rect x="${formatPixels(x)}" y="${formatPixels(y)}" ${size} ${style} stroke="#ffffff" ` +
    `stroke-width="${width < 3 ? 0.2 : 1}"/>`;
}

function colorOf(operation: string): string {
  return COLORS[operation] ?? CHART_INK.faint;
}

function formatMs(ms: number): string {
  return `${figure(ms)} ms`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Three significant digits. */
function figure(value: number): string {
  if (value === 0) return "0";
  const digits = Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(value))));
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
