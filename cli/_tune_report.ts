// What `sheepop tune` prints: for every product its variants, the fastest first.

import type { TunedSubject, TuningFile } from "../lib/tuning/tuning_file.ts";
import { formatColumns, formatCount } from "./_columns.ts";

/** Variants shown of a product while measuring; the usual one is always among them. */
const FASTEST = 3;

/** A product and the times of its variants, line by line. */
export function formatSubject(subject: string, result: TunedSubject, options: { all: boolean }): string[] {
  const { variant, usual, flops, ms } = result;
  const times = Object.entries(ms).sort(([, a], [, b]) => a - b);
  const shown = times.filter(([name], place) => {
    return options.all || place < FASTEST || name === usual || name === variant;
  });
  const rows = shown.map(([name, time]) => {
    const marks = [name === variant && "chosen", name === usual && "usual"].filter(Boolean).join(", ");
    return [name, `${formatTime(time)} ms`, `${formatRate(flops / time / 1e6)} GFLOP/s`, marks];
  });
  const hidden = times.length - shown.length;
  return [
    subject,
    ...formatColumns(rows, { right: [1, 2], indent: "  " }),
    ...(hidden > 0 ? [`  and ${formatCount(hidden)} slower`] : []),
  ];
}

/** What a file remembers, line by line. */
export function formatTuningFile({ path, tuning, problem }: TuningFile): string[] {
  if (!tuning) return [`${path}: not used, ${problem}`];
  const subjects = Object.entries(tuning.subjects);
  return [
    `${path}: ${tuning.adapter}, ${formatCount(subjects.length)} products, by sheepop ${tuning.version}`,
    ...subjects.flatMap(([subject, result]) => ["", ...formatSubject(subject, result, { all: true })]),
  ];
}

/** How many products got another variant than the usual one, and how much time that saves. */
export function formatSummary(results: readonly TunedSubject[]): string {
  const changed = results.filter(({ variant, usual }) => variant !== usual);
  if (changed.length === 0) {
    return `${formatCount(results.length)} products: the usual variants are the fastest`;
  }
  const gain = changed.reduce((sum, { variant, usual, ms }) => sum + ms[usual] / ms[variant], 0) /
    changed.length;
  return `${formatCount(results.length)} products, ${
    formatCount(changed.length)
  } with another variant than usual, ` +
    `${gain.toFixed(2)} times as fast on average`;
}

function formatTime(ms: number): string {
  return ms >= 1 ? ms.toFixed(2) : ms.toFixed(4);
}

/** A clock too coarse for the kernel says 0. */
function formatRate(gflops: number): string {
  if (!Number.isFinite(gflops)) return "-";
  return gflops >= 100 ? formatCount(Math.round(gflops)) : gflops.toFixed(1);
}
