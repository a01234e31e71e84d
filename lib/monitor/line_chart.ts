// A line chart as SVG text: panels above one another over one horizontal axis, with title, legends and grid.
// Knows nothing of training. Light background, colours that colour-blind readers tell apart, text as text.

import { type Axis, makeAxis } from "./axis.ts";
import { CHART_INK, drawPanel, type Panel, rangeOf } from "./chart_panel.ts";
import { CHART_FONT, escapeXml, svgText } from "./svg_text.ts";

/** A chart. */
export interface LineChart {
  readonly title: string;
  /** Lines under the title. */
  readonly notes: readonly string[];
  readonly xLabel: string;
  /** x counts things: ticks at whole numbers, with room at both ends. */
  readonly hasWholeX?: boolean;
  /** From top to bottom, at least one. */
  readonly panels: readonly Panel[];
}

const WIDTH = 960;
const LEFT = 92;
const RIGHT = 32;
const TITLE_HEIGHT = 62;
const NOTE_HEIGHT = 20;
const PANEL_HEADER = 36;
const PANEL_GAP = 18;
const FOOTER = 60;
const TICK_COUNT = 10;

/**
 * Draws a chart. Values that are not finite are gaps; a panel without any value says so.
 *
 * @returns a complete SVG document, 960 pixels wide
 */
export function drawLineChart(chart: LineChart): string {
  const x = makeXAxis(chart);
  const panels: string[] = [];
  let bottom = TITLE_HEIGHT + NOTE_HEIGHT * chart.notes.length - PANEL_GAP;
  for (const panel of chart.panels) {
    const top = bottom + PANEL_GAP + PANEL_HEADER;
    panels.push(drawPanel(panel, { left: LEFT, top, width: WIDTH - LEFT - RIGHT, x }));
    bottom = top + panel.height;
  }
  const height = bottom + FOOTER;
  const titleX = LEFT - 68;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `font-family="${CHART_FONT}" font-size="12" fill="${CHART_INK.faint}">`,
    `<title>${escapeXml(chart.title)}</title>`,
    `<desc>${escapeXml(chart.notes.join(" "))}</desc>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    svgText([titleX, 40], chart.title, `font-size="20" font-weight="600" fill="${CHART_INK.text}"`),
    ...chart.notes.map((note, i) => svgText([titleX, 64 + NOTE_HEIGHT * i], note, 'font-size="13"')),
    ...panels,
    drawXLabels(chart.xLabel, bottom, x),
    "</svg>\n",
  ].join("\n");
}

function makeXAxis(chart: LineChart): Axis | undefined {
  const range = rangeOf(chart.panels.flatMap(({ series }) => series.map(({ points }) => points.x)));
  if (!range) return undefined;
  const [min, max] = range;
  if (chart.hasWholeX) {
    return makeAxis({ min: min - 0.5, max: max + 0.5, tickCount: TICK_COUNT, isWhole: true });
  }
  // one step alone stands in the middle
  const end = max > min ? max : Math.max(1, 2 * max);
  return makeAxis({
    min: min < 0.25 * end || max === min ? 0 : min,
    max: end,
    tickCount: TICK_COUNT,
    isWhole: true,
  });
}

function drawXLabels(label: string, bottom: number, x: Axis | undefined): string {
  const width = WIDTH - LEFT - RIGHT;
  const ticks = (x?.ticks ?? []).map(({ value, label }) =>
    svgText([Math.round(LEFT + width * x!.position(value)), bottom + 19], label, 'text-anchor="middle"')
  );
  return [...ticks, svgText([LEFT + width / 2, bottom + 42], label, 'text-anchor="middle" font-size="13"')]
    .join("\n");
}
