// One axis of growth as a picture: milliseconds of a step and of a token over one size, both axes logarithmic, so that a
// power is a straight line and its exponent the slope.

import { type Axis, formatNumber, makeAxis } from "../../lib/monitor/axis.ts";
import { CHART_INK, drawPanel, type Panel, type Series } from "../../lib/monitor/chart_panel.ts";
import { CHART_FONT, escapeXml, svgText } from "../../lib/monitor/svg_text.ts";
import { endExponent, type GrowthAxis, type Prediction, predictStep, predictToken } from "./growth_axes.ts";
import type { Clock, Machine, Measured } from "./growth_measure.ts";
import type { AxisReport } from "./growth_report.ts";

const WIDTH = 960;
const LEFT = 92;
const RIGHT = 32;
const FIRST_PANEL = 158;
const PANEL_HEIGHT = 280;
const PANEL_DISTANCE = PANEL_HEIGHT + 54;
const FOOTER = 60;

/** A part below this share of everything shown is left out: it would only stretch the axis. */
const SMALLEST_PART = 0.05;

const NAMES: Readonly<Record<GrowthAxis["letter"], string>> = {
  L: "layers L",
  C: "width C",
  T: "context T, tokens",
  B: "batch B, sequences",
  V: "vocabulary V",
};

/** Draws an axis: a panel for the step and, where it was measured, one for the token. */
export function drawGrowth(axis: GrowthAxis, report: AxisReport, machine: Machine): string {
  const values = report.points.map(({ size }) => size[axis.letter]);
  const x = xAxis(values);
  const panels = [stepPanel(axis, report, machine)];
  if (axis.withToken) panels.push(tokenPanel(axis, report, machine));
  const frame = { left: LEFT, width: WIDTH - LEFT - RIGHT, x };
  const drawn = panels.map((panel, i) =>
    drawPanel(panel, { ...frame, top: FIRST_PANEL + i * PANEL_DISTANCE })
  );
  const bottom = FIRST_PANEL + (panels.length - 1) * PANEL_DISTANCE + PANEL_HEIGHT;
  const height = bottom + FOOTER;
  const title = `How time grows with ${NAMES[axis.letter].split(",")[0]}`;
  const notes = notesOf(axis, machine);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `font-family="${CHART_FONT}" font-size="12" fill="${CHART_INK.faint}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(notes.join(" "))}</desc>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    svgText([24, 40], title, `font-size="20" font-weight="600" fill="${CHART_INK.text}"`),
    ...notes.map((note, i) => svgText([24, 64 + 20 * i], note, 'font-size="13"')),
    ...drawn,
    ...x.ticks.map(({ value, label }) =>
      svgText(
        [Math.round(LEFT + frame.width * x.position(value)), bottom + 19],
        label,
        'text-anchor="middle"',
      )
    ),
    svgText(
      [LEFT + frame.width / 2, bottom + 42],
      `${NAMES[axis.letter]}, log scale`,
      'text-anchor="middle" font-size="13"',
    ),
    "</svg>\n",
  ].join("\n");
}

/** Ticks where something was measured, with room at both ends. */
function xAxis(values: readonly number[]): Axis {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const margin = (max / min) ** 0.04;
  const axis = makeAxis({ min: min / margin, max: max * margin, isLog: true, tickCount: 10 });
  const label = (value: number) => value >= 1e5 ? formatNumber(value) : value.toLocaleString("en");
  return { ...axis, ticks: values.map((value) => ({ value, label: label(value) })) };
}

function notesOf(axis: GrowthAxis, machine: Machine): string[] {
  const { L, C, T, B, V } = axis.base;
  const all = {
    L: L === 1 ? "1 layer" : `${L} layers`,
    C: `width ${C}`,
    T: `context ${T}`,
    B: `${B} sequences`,
    V: `vocabulary ${V}`,
  };
  const others = Object.entries(all).filter(([letter]) => letter !== axis.letter).map(([, text]) => text);
  const { productGflops, gbPerSecond, dispatchMs } = machine;
  return [
    `${machine.adapter}, ${machine.kernels} kernels; ${others.join(", ")}, 32 channels a head.`,
    `Predicted: formulas of docs/performance.md at ${productGflops.toFixed(0)} GFLOP/s of products, ` +
    `${gbPerSecond.toFixed(1)} GB/s of copies, ${
      (1000 * dispatchMs).toFixed(0)
    } µs a dispatch; thin lines: its parts.`,
    `${axis.letter}^p in the legend: the exponent p of growth, the slope over the last three points.` +
    (axis.odd
      ? ` The single dot is a vocabulary of ${axis.odd.toLocaleString("en")}, no multiple of 4.`
      : ""),
  ];
}

function stepPanel(axis: GrowthAxis, report: AxisReport, machine: Machine): Panel {
  return panelOf(axis, report, {
    title: "Training step",
    clock: machine.clock,
    measured: (point) => point.stepMs,
    predicted: (point) => predictStep(machine, point),
  });
}

function tokenPanel(axis: GrowthAxis, report: AxisReport, machine: Machine): Panel {
  return panelOf(axis, report, {
    title: "Decoded token",
    clock: machine.clock,
    measured: (point) => point.tokenMs ?? NaN,
    predicted: (point) => predictToken(machine, point),
  });
}

function panelOf(
  { letter }: GrowthAxis,
  { points, odd }: AxisReport,
  panel: {
    clock: Clock;
    title: string;
    measured: (point: Measured) => number;
    predicted: (point: Measured) => Prediction;
  },
): Panel {
  const x = points.map(({ size }) => size[letter]);
  const measured = points.map(panel.measured);
  const predictions = points.map(panel.predicted);
  const predicted = predictions.map(({ ms }) => ms);
  const floor = SMALLEST_PART * Math.min(...measured, ...predicted);
  const series: Series[] = [
    ...partsOf(predictions, { x, floor }),
    line("predicted", "orange", "line", { letter, x, y: predicted }),
    line("measured", "blue", "dots", { letter, x, y: measured }),
  ];
  if (odd) {
    const label = odd.size[letter].toLocaleString("en");
    const alone = { x: [odd.size[letter]], y: [panel.measured(odd)] };
    series.push({ label, color: "purple", mark: "dots", points: alone });
  }
  return {
    title: panel.title,
    yLabel: panel.clock === "wall" ? "ms" : "ms of processor time / cores",
    scale: "log",
    height: PANEL_HEIGHT,
    series,
  };
}

/** What a prediction is made of, where it is above `floor`. */
function partsOf(predictions: readonly Prediction[], { x, floor }: { x: number[]; floor: number }): Series[] {
  const part = (label: string, color: Series["color"], value: (of: Prediction) => number): Series => {
    const y = predictions.map(value).map((ms) => ms < floor ? NaN : ms);
    return { label, color, mark: "faint", points: { x, y } };
  };
  const parts = [
    part("products", "green", ({ productMs }) => productMs),
    part("memory", "purple", ({ memoryMs }) => memoryMs),
    part("dispatches", "blue", ({ dispatchMs }) => dispatchMs),
  ];
  // A point alone would look like a measured one.
  return parts.filter(({ points }) => Array.from(points.y).filter(Number.isFinite).length > 1);
}

function line(
  label: string,
  color: Series["color"],
  mark: Series["mark"],
  curve: { letter: string; x: number[]; y: number[] },
): Series {
  const { letter, x, y } = curve;
  return { label, note: power(letter, endExponent(x, y)), color, mark, points: { x, y } };
}

/** `T^1.23`. */
export function power(letter: string, exponent: number): string {
  return `${letter}^${exponent.toFixed(2)}`;
}
