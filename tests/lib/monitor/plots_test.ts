import { assert, assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { drawLineChart } from "../../../lib/monitor/line_chart.ts";
import { type MetricsRow, openMetrics, type TrainRow } from "../../../lib/monitor/metrics.ts";
import { drawPlots } from "../../../lib/monitor/plots.ts";
import { lossByEpochChart, trainingCurveChart } from "../../../lib/monitor/run_charts.ts";
import { svgToPng } from "../../../lib/monitor/svg_to_png.ts";
import { openTestFolder, trainRow, validationRow } from "./_metrics_fixture.ts";

Deno.test("drawPlots() writes both pictures as SVG, and as PNG when it can", async () => {
  await using folder = await openTestFolder();
  {
    using metrics = openMetrics(folder.path);
    for (let step = 10; step <= 300; step += 10) metrics.write(trainRow(step));
    metrics.write(validationRow(300, 1.5));
  }
  const svgs = ["training_curve.svg", "loss_by_epoch.svg"].map((name) => join(folder.path, name));
  assertEquals(await drawPlots(folder.path, { png: false }), svgs);
  const warnings: string[] = [];
  const paths = await drawPlots(folder.path, { png: true, onWarning: (message) => warnings.push(message) });
  if (warnings.length > 0) { // a machine that was never online
    assertEquals(paths, []);
    assertStringIncludes(warnings[0], "the SVG files show the same");
    return;
  }
  assertEquals(paths, svgs.map((path) => path.replace(".svg", ".png")));
  assertEquals([...Deno.readDirSync(folder.path)].length, 5);
  assertEquals(await drawPlots(folder.path, { png: true }), [], "they show the same");
  {
    using metrics = openMetrics(folder.path, { resumeStep: 300 });
    metrics.write(trainRow(310));
  }
  assertEquals((await drawPlots(folder.path, { png: true })).length, 4);
});

Deno.test("svgToPng() draws the text too, at twice the size", async () => {
  const svg = drawLineChart(trainingCurveChart("run", [trainRow(10), trainRow(20)]));
  const png = await svgToPng(svg).catch(() => undefined);
  if (!png) return; // a machine that was never online
  const header = new DataView(png.buffer, png.byteOffset);
  assertEquals([header.getUint32(0), header.getUint32(16)], [0x89504e47, 1920]);
  const withoutText = await svgToPng(svg.replaceAll(/<text.*?<\/text>/g, ""));
  assertGreater(png.length, withoutText.length + 5000);
});

Deno.test("drawPlots() draws a run without rows and refuses a folder that is not there", async () => {
  await using folder = await openTestFolder();
  const [path] = await drawPlots(folder.path, { png: false });
  const svg = await Deno.readTextFile(path);
  assertStringIncludes(svg, "No training step has been logged yet");
  assertEquals(svg.split("No data yet").length, 4);
  const draw = () => drawPlots(join(folder.path, "no"), { png: false });
  await assertRejects(draw, UsageError, "no such folder");
});

Deno.test("trainingCurveChart() shows three panels and says what was trained", () => {
  const rows = [trainRow(10), validationRow(10, 3), trainRow(20, { skipped: 1 }), validationRow(20, 2)];
  const chart = trainingCurveChart("run", rows);
  assertEquals(chart.title, "Training curve of run");
  const notes = [
    "20 steps, 40,960 tokens seen, 0.2 epochs, 2 s, 20,480 tokens/s, 1 update skipped",
    "Best validation loss 2.000 at step 20 (perplexity 7.389, 1.000 bits per byte)",
  ];
  assertEquals(chart.notes.map((note) => note.replaceAll(" \u00b7", ",")), notes);
  assertEquals(chart.xLabel, "Training step (2,048 tokens each)");
  const shown = chart.panels.map(({ title, series }) => [title, ...series.map(({ mark }) => mark)]);
  assertEquals(shown, [
    ["Loss", "line", "dots"],
    ["Learning rate", "line"],
    ["Gradient norm before clipping", "line"],
  ]);
});

Deno.test("trainingCurveChart() smooths a long curve over its raw values", () => {
  const rows = Array.from(
    { length: 100 },
    (_, i) => trainRow(i + 1, { loss: 2 + i % 2, gradNorm: i === 50 ? 1e6 : 1 }),
  );
  const [loss, , norm] = trainingCurveChart("run", rows).panels;
  assertEquals(loss.series.map(({ mark }) => mark), ["faint", "line"]);
  const smooth = Array.from(loss.series[1].points.y);
  for (const value of smooth.slice(20, 80)) assert(Math.abs(value - 2.5) < 0.2, String(value));
  assert(norm.series[1].points.y[40] < 2, "an outlier bends the curve");
});

Deno.test("lossByEpochChart() takes the mean of each epoch and the last validation in it", () => {
  const rows: MetricsRow[] = [
    validationRow(0, 9),
    ...epochRows([0.5, 1, 1.5, 2, 2.25], [4, 2, 3, 1, 5]),
    validationRow(10, 7),
    validationRow(20, 6),
    validationRow(35, 5),
  ];
  const { panels: [{ series }], notes } = lossByEpochChart("run", rows);
  assertEquals(series[0].points, { x: [1, 2, 3], y: [3, 2, 5] });
  assertEquals(series[1].points, { x: [1, 2], y: [6, 5] });
  assertStringIncludes(notes[0], "epoch 3 is 25 % complete");
});

Deno.test("lossByEpochChart() draws a part of one epoch, whole counts and NaN", () => {
  const points = (epochs: number[], losses: number[]) => {
    return lossByEpochChart("run", epochRows(epochs, losses)).panels[0].series[0].points;
  };
  assertEquals(points([0.1, 0.2], [3, 1]), { x: [1], y: [2] });
  assertEquals(points([1], [3]), { x: [1], y: [3] });
  assertEquals(points([0, 0, 1, 1, 1], [4, 2, 3, 1, 1]), { x: [1, 2], y: [3, 1] });
  assertEquals(points([0.5, 1], [NaN, 3]), { x: [1], y: [3] });
  assertEquals(points([0.5], [NaN]), { x: [], y: [] });
});

function epochRows(epochs: number[], losses: number[]): TrainRow[] {
  return epochs.map((epoch, i) => trainRow(10 * (i + 1), { epoch, loss: losses[i] }));
}
