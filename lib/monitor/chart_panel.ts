// One panel of a line chart: frame, grid, curves, legend. Knows nothing of training or of the other panels.

import { type Axis, formatMeasure, makeAxis, MIN_SIZE } from "./axis.ts";
import { curvePath, formatPixels, type Pixel, type Points } from "./curve.ts";
import { escapeXml, svgText, textWidth } from "./svg_text.ts";

/** Colours after Okabe and Ito, https://jfly.uni-koeln.de/color/, dark enough for lines on white. */
export const CHART_COLORS = {
  blue: "#0072b2",
  orange: "#d55e00",
  green: "#009e73",
  purple: "#a3427f",
} as const;

/** One curve. */
export interface Series {
  /** Name in the legend; without it the panel's title says enough. */
  readonly label?: string;
  /** Said in the legend in grey, such as the last value. */
  readonly note?: string;
  readonly color: keyof typeof CHART_COLORS;
  /** `line`; `faint` for raw values under a smoothed line; `dots` joined by a line. */
  readonly mark: "line" | "faint" | "dots";
  /** With x rising; what is not finite is a gap. */
  readonly points: Points;
}

/** One plot area. */
export interface Panel {
  readonly title: string;
  /** With the unit. */
  readonly yLabel: string;
  /** `auto` is logarithmic when the values are above 0 and span a factor of ten. */
  readonly scale: "linear" | "log" | "auto";
  /** A linear axis begins at 0. */
  readonly fromZero?: boolean;
  /** Writes every value beside its dot. */
  readonly hasValues?: boolean;
  /** Height of the plot area, pixels. */
  readonly height: number;
  /** Later ones are drawn over earlier ones. */
  readonly series: readonly Series[];
}

/** Where a panel's plot area lies, pixels, and the axis all panels share. */
export interface PanelFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  /** Missing when no panel has data. */
  readonly x?: Axis;
}

/** Colours of what is not data. */
export const CHART_INK = { text: "#1f2328", faint: "#59636e", grid: "#e6e9ed", frame: "#aab2bb" } as const;

// Dots closer than this, on average, would hide the line.
const MIN_DOT_DISTANCE = 8;
// Curves may reach this far over the frame, so that a dot on it is whole.
const BLEED = 6;
const SWATCH_WIDTH = 22;
const LINE_STYLE = 'stroke-width="2"';
const FAINT_STYLE = 'stroke-width="1" opacity="0.4"';

/** Pixel of a point, or undefined where it cannot be shown. */
type Place = (x: number, y: number) => Pixel | undefined;

/** Draws a panel as SVG elements. */
export function drawPanel(panel: Panel, frame: PanelFrame): string {
  const { left, top, width, x } = frame;
  const { height } = panel;
  const y = x && makeYAxis(panel);
  const middle = `text-anchor="middle" font-size="12"`;
  const labelX = left - 62;
  const labelY = top + height / 2;
  return [
    svgText([left, top - 12], panel.title, `font-size="14" font-weight="600" fill="${CHART_INK.text}"`),
    y ? drawLegend(panel.series, left + width, top - 12) : "",
    svgText(
      [labelX, labelY],
      panel.yLabel + (y?.isLog ? ", log scale" : ""),
      `${middle} transform="rotate(-90 ${labelX} ${labelY})"`,
    ),
    y ? drawGrid(panel, frame, y) : "",
    `<path d="M${left} ${top}v${height}h${width}" fill="none" stroke="${CHART_INK.frame}"/>`,
    y
      ? drawCurves(panel, frame, y)
      : svgText([left + width / 2, labelY + 5], "No data yet", `text-anchor="middle" font-size="15"`),
  ].filter((part) => part !== "").join("\n");
}

/** Smallest and largest of the values an axis can show, or undefined when there are none. */
export function rangeOf(
  lists: readonly ArrayLike<number>[],
  atLeast = -Infinity,
): [number, number] | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      if (!Number.isFinite(list[i]) || list[i] < atLeast) continue;
      if (list[i] < min) min = list[i];
      if (list[i] > max) max = list[i];
    }
  }
  return min <= max ? [min, max] : undefined;
}

function makeYAxis(panel: Panel): Axis | undefined {
  const lists = panel.series.map(({ points }) => points.y);
  const range = rangeOf(lists, panel.scale === "log" ? MIN_SIZE : undefined);
  if (!range) return undefined;
  const [min, max] = range;
  const isLog = panel.scale === "log" || panel.scale === "auto" && min >= MIN_SIZE && max >= 10 * min;
  const tickCount = Math.max(4, Math.round(panel.height / 44));
  const share = panel.hasValues ? 0.14 : 0.06; // of the range, at both ends
  if (isLog) {
    const margin = (max / min) ** share;
    return makeAxis({ min: min / margin, max: max * margin, isLog, tickCount });
  }
  const start = panel.fromZero ? Math.min(0, min) : min;
  const margin = (max - start) * share;
  return makeAxis({ min: start === 0 ? 0 : start - margin, max: max + margin, tickCount });
}

function drawGrid(panel: Panel, frame: PanelFrame, y: Axis): string {
  const { left, top, width, x } = frame;
  const { height } = panel;
  const rows = y.ticks.map(({ value, label }) => ({ label, at: top + height * (1 - y.position(value)) }));
  const lines = rows.map(({ at }) => `M${left} ${formatPixels(at)}h${width}`);
  for (const { value } of x?.ticks ?? []) {
    lines.push(`M${formatPixels(left + width * x!.position(value))} ${top}v${height}`);
  }
  const labels = rows.map(({ label, at }) =>
    svgText([left - 8, Math.round(at) + 4], label, 'text-anchor="end"')
  );
  return [`<path d="${lines.join("")}" fill="none" stroke="${CHART_INK.grid}"/>`, ...labels].join("\n");
}

function drawCurves(panel: Panel, frame: PanelFrame, y: Axis): string {
  const { left, top, width, x } = frame;
  const { height } = panel;
  const place: Place = (xValue, yValue) => {
    const pixel: Pixel = [left + width * x!.position(xValue), top + height * (1 - y.position(yValue))];
    return Number.isFinite(pixel[0]) && Number.isFinite(pixel[1]) ? pixel : undefined;
  };
  const box = [left - BLEED, top - BLEED, width + 2 * BLEED, height + 2 * BLEED];
  const [boxX, boxY, boxWidth, boxHeight] = box;
  return [
    `<svg x="${boxX}" y="${boxY}" width="${boxWidth}" height="${boxHeight}" viewBox="${box.join(" ")}">`,
    ...panel.series.map((series) => drawSeries(series, place, width)),
    "</svg>",
    panel.hasValues ? drawValues(panel.series, place) : "",
  ].filter((part) => part !== "").join("\n");
}

function drawSeries(
  series: Series,
  place: Place,
  width: number,
): string {
  const color = CHART_COLORS[series.color];
  const pixels = placeAll(series.points, place, width / MIN_DOT_DISTANCE);
  const isAlone = pixels?.length === 1;
  const style = series.mark === "faint" && !isAlone ? FAINT_STYLE : LINE_STYLE;
  const path = `<path d="${curvePath(series.points, place)}" fill="none" stroke="${color}" ${style} ` +
    'stroke-linejoin="round" stroke-linecap="round"/>';
  if (!pixels || !(series.mark === "dots" || isAlone)) return path;
  const dots = pixels.map(([x, y]) => `<circle cx="${formatPixels(x)}" cy="${formatPixels(y)}" r="4"/>`);
  return `${path}\n<g fill="${color}" stroke="#ffffff" stroke-width="1.2">${dots.join("")}</g>`;
}

/** Each value beside its dot: below for the lowest of several curves at that place, above for the others. */
function drawValues(series: readonly Series[], place: Place): string {
  const valuesAt = new Map<number, number[]>();
  for (const { points } of series) {
    for (let i = 0; i < points.x.length; i++) {
      valuesAt.set(points.x[i], [...valuesAt.get(points.x[i]) ?? [], points.y[i]]);
    }
  }
  const parts = series.flatMap(({ points, color }) =>
    Array.from(points.x, (x, i) => {
      const pixel = place(x, points.y[i]);
      if (!pixel) return "";
      const others = valuesAt.get(x)!;
      const isBelow = others.length > 1 && points.y[i] === Math.min(...others);
      const at: Pixel = [Math.round(pixel[0]), Math.round(pixel[1]) + (isBelow ? 22 : -12)];
      return svgText(at, formatMeasure(points.y[i]), `fill="${CHART_COLORS[color]}"`);
    })
  );
  // a white edge keeps the numbers legible where a curve passes behind them
  const edge = 'stroke="#ffffff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"';
  return `<g text-anchor="middle" font-weight="600" ${edge}>${parts.join("")}</g>`;
}

/** Pixels of the points that can be shown, or undefined when they are more than `limit`. */
function placeAll(
  points: Points,
  place: Place,
  limit: number,
): Pixel[] | undefined {
  const pixels: Pixel[] = [];
  for (let i = 0; i < points.x.length; i++) {
    const pixel = place(points.x[i], points.y[i]);
    if (pixel && pixels.push(pixel) > limit) return undefined;
  }
  return pixels;
}

/** Set from right to left, to end with the frame as near as widths are known without a font. */
function drawLegend(series: readonly Series[], right: number, baseline: number): string {
  const parts: string[] = [];
  let end = right;
  for (const { label = "", note = "", color, mark } of series.toReversed()) {
    const space = label && note ? "\u00a0\u00a0" : "";
    const start = Math.round(end - textWidth(label + space + note, 12));
    const noteSpan = note && `<tspan fill="${CHART_INK.faint}">${space}${escapeXml(note)}</tspan>`;
    parts.push(
      `<text x="${start}" y="${baseline}" fill="${CHART_INK.text}">${escapeXml(label)}${noteSpan}</text>`,
    );
    const swatchX = start - 7 - SWATCH_WIDTH;
    if (label) parts.push(drawSwatch(mark, CHART_COLORS[color], [swatchX, baseline - 4]));
    end = swatchX - 20;
  }
  return parts.join("\n");
}

function drawSwatch(mark: Series["mark"], color: string, [x, y]: Pixel): string {
  const style = mark === "faint" ? FAINT_STYLE : LINE_STYLE;
  const line = `<path d="M${formatPixels(x)} ${y}h${SWATCH_WIDTH}" stroke="${color}" ${style}/>`;
  if (mark !== "dots") return line;
  return `${line}<circle cx="${formatPixels(x + SWATCH_WIDTH / 2)}" cy="${y}" r="4" fill="${color}"/>`;
}
