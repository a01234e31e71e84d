import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Panel } from "../../../lib/monitor/chart_panel.ts";
import { drawLineChart, type LineChart } from "../../../lib/monitor/line_chart.ts";

function chart(y: number[], changes: Partial<Panel> = {}): LineChart {
  const points = { x: y.map((_, i) => i + 1), y };
  const panel: Panel = {
    title: "Loss",
    yLabel: "nats",
    scale: "auto",
    height: 100,
    series: [{ label: "train", note: "last 1", color: "blue", mark: "line", points }],
    ...changes,
  };
  return { title: "A chart", notes: ["Said below"], xLabel: "Step", panels: [panel] };
}

Deno.test("drawLineChart() says everything in text: title, notes, axes, legend", () => {
  const svg = drawLineChart(chart([3, 2, 1]));
  for (const text of ["A chart", "Said below", "Loss", "nats", "Step", "train", "last 1", ">2<"]) {
    assertStringIncludes(svg, text);
  }
  checkWellFormed(svg);
});

Deno.test("drawLineChart() says when there are no data, in one panel or in all", () => {
  assertStringIncludes(drawLineChart(chart([])), "No data yet");
  assertStringIncludes(drawLineChart(chart([NaN, NaN])), "No data yet");
  const svg = drawLineChart({ ...chart([1, 2]), panels: [...chart([1, 2]).panels, ...chart([]).panels] });
  assertEquals(svg.split("No data yet").length, 2);
  checkWellFormed(svg);
  assertStringIncludes(drawLineChart(chart([-1, 0], { scale: "log" })), "No data yet");
});

Deno.test("drawLineChart() shows one point as a dot", () => {
  const svg = drawLineChart(chart([2]));
  assertEquals(svg.match(/<circle/g)?.length, 1);
  assert(!svg.includes("NaN"), svg);
});

Deno.test("drawLineChart() leaves gaps where values are not finite, and never writes NaN", () => {
  const svg = drawLineChart(chart([3, NaN, Infinity, 2, 1, -Infinity]));
  assertMatch(svg, /d="M[\d. ]+h0M[\d. ]+L[\d. ]+"/);
  assert(!/NaN|Infinity/.test(svg), svg);
});

Deno.test("drawLineChart() goes to a log axis over a factor of ten and says so", () => {
  assertStringIncludes(drawLineChart(chart([0.5, 5])), "nats, log scale");
  for (const y of [[0.6, 5], [0, 5], [-1, 100]]) assert(!drawLineChart(chart(y)).includes("log scale"));
  assert(!drawLineChart(chart([0.5, 5], { scale: "linear" })).includes("log scale"));
});

Deno.test("drawLineChart() stays small with 100,000 points", () => {
  const y = Array.from({ length: 100_000 }, (_, i) => 2 + Math.sin(i * i));
  const started = performance.now();
  const svg = drawLineChart(chart(y));
  assert(svg.length < 100_000, `${svg.length} characters`);
  assert(performance.now() - started < 2000);
});

Deno.test("drawLineChart() writes values below the lower curve and above the upper one", () => {
  const series = (["blue", "orange"] as const).map((color, i) => ({
    label: color,
    color,
    mark: "dots" as const,
    points: { x: [1], y: [i + 1] },
  }));
  const svg = drawLineChart(chart([], { series, hasValues: true }));
  const text = /<text x="\d+" y="(\d+)" fill="(#\w+)">([\d.]+)<\/text>/g;
  const values = [...svg.matchAll(text)].map(([, y, color, value]) => ({ y: Number(y), color, value }));
  const dots = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)" r="4"\/>/g)].map(([, y]) => Number(y));
  assertEquals(values.map(({ value }) => value), ["1.000", "2.000"]);
  assert(values[0].y > dots[0] && values[1].y < dots[1], svg);
});

Deno.test("drawLineChart() makes names harmless", () => {
  const hostile = `</text><script>alert("&")</script>'\u0000\u001b\ud800`;
  const svg = drawLineChart({
    ...chart([1, 2], { title: hostile, yLabel: hostile }),
    title: hostile,
    notes: [hostile],
  });
  assert(!svg.includes("<script"), svg);
  // deno-lint-ignore no-control-regex -- the characters that XML forbids
  assert(!/[\u0000-\u0008\u001b]/.test(svg));
  assert(svg.isWellFormed());
  checkWellFormed(svg);
});

/** Every element is closed by its own name. */
function checkWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, rest] of svg.matchAll(/<(\/?)(\w+)([^<>]*)>/g)) {
    if (close) assertEquals(open.pop(), name);
    else if (!rest.endsWith("/")) open.push(name);
  }
  assertEquals(open, []);
}
