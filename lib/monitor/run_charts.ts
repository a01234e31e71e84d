// What the two charts of a run show: which curves in which panel, over what, said in which words.
// Knows metrics, not files or pixels.

import { formatMeasure, formatNumber, groupThousands } from "./axis.ts";
import type { Panel, Series } from "./chart_panel.ts";
import { smoothCurve } from "./curve.ts";
import type { LineChart } from "./line_chart.ts";
import { bestValidation, type MetricsRow, type TrainRow, type ValidationRow } from "./metrics.ts";

// With fewer rows the raw line is the clearest picture.
const MIN_SMOOTHED = 40;
// A mean covers this share of the curve to each side, so that runs of any length look equally smooth.
const SMOOTHED_SHARE = 1 / 30;
// With more epochs the numbers would run into one another.
const MAX_VALUES = 12;
const DOT = " \u00b7 ";
const LOSS_PANEL = { title: "Loss", yLabel: "Cross-entropy (nats per token)", scale: "auto" } as const;

/** Points of a curve. */
interface NumberLists {
  readonly x: number[];
  readonly y: number[];
}

/**
 * Loss, learning rate and gradient norm over the steps of a run.
 *
 * @param run - its name
 * @param rows - in the order of their steps
 */
export function trainingCurveChart(run: string, rows: readonly MetricsRow[]): LineChart {
  const { train, validation } = splitRows(rows);
  const steps = train.map(({ step }) => step);
  const losses = { x: steps, y: train.map(({ loss }) => loss) };
  const rates = { x: steps, y: train.map(({ learningRate }) => learningRate) };
  const norms = { x: steps, y: train.map(({ gradNorm }) => gradNorm) };
  const validated = { x: validation.map(({ step }) => step), y: validation.map(({ loss }) => loss) };
  const panels: Panel[] = [
    {
      ...LOSS_PANEL,
      height: 300,
      series: [
        ...smoothedSeries("Training loss", { color: "blue", points: losses }),
        ...dotSeries("Validation loss", validated),
      ],
    },
    {
      title: "Learning rate",
      yLabel: "Learning rate",
      scale: "linear",
      fromZero: true,
      height: 110,
      series: [{ note: lastValue(rates.y, formatNumber), color: "green", mark: "line", points: rates }],
    },
    {
      title: "Gradient norm before clipping",
      yLabel: "Euclidean norm",
      scale: "auto",
      fromZero: true,
      height: 130,
      // one outlier of a hundred times the usual norm must not bend the curve for long
      series: smoothedSeries("Gradient norm", { color: "purple", points: norms, isGeometric: true }),
    },
  ];
  return { title: `Training curve of ${run}`, notes: describeRun(rows), xLabel: stepLabel(train), panels };
}

/**
 * Mean training loss of every epoch, and the validation loss at its end.
 *
 * @param run - its name
 * @param rows - in the order of their steps
 */
export function lossByEpochChart(run: string, rows: readonly MetricsRow[]): LineChart {
  const { train, validation } = splitRows(rows);
  const epochs = epochsOf(train);
  const trained = meanByEpoch(train, epochs);
  const trainSeries: Series = {
    label: "Training loss, mean of the epoch",
    color: "blue",
    mark: "dots",
    points: trained,
  };
  const validated = dotSeries("Validation loss, last of the epoch", lastByEpoch(validation, train, epochs));
  const series = [trainSeries, ...validated].map((item) => ({ ...item, note: undefined }));
  return {
    title: `Loss by epoch of ${run}`,
    notes: describeEpochs(rows),
    xLabel: "Epoch (one pass over the training data)",
    hasWholeX: true,
    panels: [{ ...LOSS_PANEL, hasValues: trained.x.length <= MAX_VALUES, height: 320, series }],
  };
}

function splitRows(rows: readonly MetricsRow[]): { train: TrainRow[]; validation: ValidationRow[] } {
  return {
    train: rows.filter((row) => row.kind === "train"),
    validation: rows.filter((row) => row.kind === "validation"),
  };
}

function smoothedSeries(
  label: string,
  options: { color: Series["color"]; points: NumberLists; isGeometric?: boolean },
): Series[] {
  const { color, points, isGeometric = false } = options;
  const { x, y } = points;
  if (y.length < MIN_SMOOTHED) return [{ label, note: lastValue(y), color, mark: "line", points }];
  const span = Math.max(3, y.length * SMOOTHED_SHARE);
  const smooth = isGeometric
    ? Array.from(smoothCurve(y.map(Math.log), span), Math.exp)
    : Array.from(smoothCurve(y, span));
  return [
    { label: `${label}, as logged`, color, mark: "faint", points },
    { label: "smoothed", note: lastValue(smooth), color, mark: "line", points: { x, y: smooth } },
  ];
}

function dotSeries(label: string, points: NumberLists): Series[] {
  if (points.x.length === 0) return [];
  return [{ label, note: lastValue(points.y), color: "orange", mark: "dots", points }];
}

function lastValue(values: readonly number[], format = formatMeasure): string | undefined {
  const last = values.findLast(Number.isFinite);
  return last === undefined ? undefined : `last ${format(last)}`;
}

function describeRun(rows: readonly MetricsRow[]): string[] {
  const { train } = splitRows(rows);
  const last = train.at(-1);
  if (!last) return ["No training step has been logged yet"];
  const parts = [
    count(last.step, "step"),
    `${groupThousands(String(last.tokens))} tokens seen`,
    `${formatEpochs(last.epoch)}`,
    formatDuration(last.elapsedMs),
  ];
  if (last.elapsedMs > 0) {
    parts.push(`${formatNumber(Math.round(last.tokens / last.elapsedMs * 1000))} tokens/s`);
  }
  if (last.skipped > 0) parts.push(`${count(last.skipped, "update")} skipped`);
  const best = bestValidation(rows);
  if (!best) return [parts.join(DOT)];
  const { loss, step, perplexity, bitsPerByte } = best;
  const more = `perplexity ${formatMeasure(perplexity)}, ${formatMeasure(bitsPerByte)} bits per byte`;
  const where = groupThousands(String(step));
  return [parts.join(DOT), `Best validation loss ${formatMeasure(loss)} at step ${where} (${more})`];
}

function describeEpochs(rows: readonly MetricsRow[]): string[] {
  const last = splitRows(rows).train.at(-1);
  if (!last) return describeRun(rows);
  const seen = `${count(last.step, "step")}${DOT}${groupThousands(String(last.tokens))} tokens seen`;
  const share = Math.round(last.epoch % 1 * 100);
  return [share === 0 ? seen : `${seen}${DOT}epoch ${Math.floor(last.epoch) + 1} is ${share} % complete`];
}

function stepLabel(train: readonly TrainRow[]): string {
  const last = train.at(-1);
  const each = last ? last.tokens / last.step : NaN;
  return Number.isInteger(each)
    ? `Training step (${groupThousands(String(each))} tokens each)`
    : "Training step";
}

/**
 * The epoch each row belongs to, counted from 1. A row speaks for the steps since the row before, so the
 * middle between the two decides, and a row at the very end of an epoch does not open the next.
 */
function epochsOf(train: readonly TrainRow[]): number[] {
  return train.map(({ epoch }, i) => Math.floor(((train[i - 1]?.epoch ?? 0) + epoch) / 2) + 1);
}

function meanByEpoch(train: readonly TrainRow[], epochs: readonly number[]): NumberLists {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [i, { loss }] of train.entries()) {
    const entry = sums.get(epochs[i]) ?? { sum: 0, count: 0 };
    if (Number.isFinite(loss)) sums.set(epochs[i], { sum: entry.sum + loss, count: entry.count + 1 });
  }
  return { x: [...sums.keys()], y: Array.from(sums.values(), ({ sum, count }) => sum / count) };
}

function lastByEpoch(
  validation: readonly ValidationRow[],
  train: readonly TrainRow[],
  epochs: readonly number[],
): NumberLists {
  const losses = new Map<number, number>();
  let i = 0;
  for (const { step, loss } of validation) {
    while (i < train.length - 1 && train[i].step < step) i++;
    if (train.length > 0) losses.set(epochs[i], loss);
  }
  return { x: [...losses.keys()], y: [...losses.values()] };
}

function formatEpochs(epoch: number): string {
  const rounded = epoch < 10 ? Number(epoch.toFixed(2)) : Math.round(epoch);
  return `${groupThousands(String(rounded))} ${rounded === 1 ? "epoch" : "epochs"}`;
}

function formatDuration(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function count(number: number, word: string): string {
  return `${groupThousands(String(number))} ${word}${number === 1 ? "" : "s"}`;
}
