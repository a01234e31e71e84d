// What `sheepop profile` prints: a table for a step and one for a token, and what the times of each add up
// to.

import type { Profile } from "../lib/profile/profile.ts";
import type { PartProfile } from "../lib/profile/profile_training.ts";
import { foldRows, type ProfileRow, ratesOf, type RowKey, sumRows } from "../lib/profile/profile_rows.ts";
import { formatColumns, formatCount } from "./_columns.ts";

/** How rows are grouped: kernels, kernels with their shapes, or phases with their operations. */
export const GROUPINGS = ["kernel", "shape", "operation"] as const;
export type Grouping = typeof GROUPINGS[number];

/** How busy the machine was before it was measured. */
export interface Load {
  /** Programs that wanted to run, on average over the last minute. */
  readonly average: number;
  readonly cores: number;
}

/** The whole report. */
export function formatProfile(profile: Profile, options: { by: Grouping; load?: Load }): string[] {
  const { by, load } = options;
  const { step, token, shape, batchSize, microSteps } = profile;
  const lines = formatHeader(profile, load);
  if (step) {
    const batches = microSteps > 1 ? `${microSteps} x ${batchSize}` : String(batchSize);
    const title = `Training step: ${batches} sequences of ${shape.maxSeqLen} tokens`;
    lines.push("", title, ...formatPart(step, { profile, by, unit: "step" }));
  }
  if (token) {
    const title = `Decoded token: one sequence, ${shape.maxSeqLen} positions in the KV cache`;
    lines.push("", title, ...formatPart(token, { profile, by, unit: "token" }));
  }
  lines.push(
    "",
    "* the ceiling it is nearer to, which would stop it first; docs/profile.md explains every column",
  );
  return lines;
}

function formatHeader(profile: Profile, load: Load | undefined): string[] {
  const { adapter, kernels, timing, parameters, shape, ceilings } = profile;
  const { gflops, f16Gflops, gbPerSecond } = ceilings;
  const f16 = f16Gflops === undefined ? "" : `, ${formatFigure(f16Gflops)} in f16`;
  const timed = timing === "waiting" ? "by waiting for each" : "by timestamps";
  return formatColumns([
    ["Adapter", `${adapter}, ${kernels} kernels, dispatches timed ${timed}`],
    [
      "Model",
      `${formatCount(parameters)} parameters: ${counted(shape.numLayers, "layer")}, ` +
      `${counted(shape.numHeads, "head")}, ` +
      `width ${shape.dModel}, context ${shape.maxSeqLen}, vocabulary ${formatCount(shape.vocabSize)}`,
    ],
    ["Ceilings", `compute ${formatFigure(gflops)} GFLOP/s${f16}, copy ${formatFigure(gbPerSecond)} GB/s`],
    ...busyLines(timing, load),
  ]);
}

/** An adapter that computes on the CPU shares it with everything else. */
function busyLines(timing: Profile["timing"], load: Load | undefined): string[][] {
  if (timing !== "waiting" || !load || load.average <= load.cores / 2) return [];
  const text = `load ${load.average.toFixed(1)} on ${counted(load.cores, "core")} before it began: ` +
    "times and ceilings are worse than they could be";
  return [["Busy", text]];
}

interface PartContext {
  readonly profile: Profile;
  readonly by: Grouping;
  readonly unit: string;
}

const HEADINGS: Readonly<Record<Grouping, string>> = {
  kernel: "kernel",
  shape: "kernel and shape",
  operation: "phase and operation",
};

function formatPart(part: PartProfile, { profile, by, unit }: PartContext): string[] {
  const sum = sumRows(part.rows);
  const work = sum.flops >= 1e9 ? { name: "GFLOP", unit: 1e9 } : { name: "MFLOP", unit: 1e6 };
  const memory = sum.bytes >= 1e7 ? { name: "MB", unit: 1e6 } : { name: "kB", unit: 1e3 };
  const cells = (name: string, row: ProfileRow) => {
    return rowCells(name, row, { total: sum.ms, work: work.unit, memory: memory.unit, profile });
  };
  const table = formatColumns([
    [
      HEADINGS[by],
      "calls",
      "ms",
      "share",
      work.name,
      memory.name,
      "GFLOP/s",
      "GB/s",
      "of compute",
      "of copy",
    ],
    ...groupRows(part.rows, by).map(({ name, row }) => cells(name, row)),
    cells("all", sum),
  ], { right: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
  return [...table, "", ...formatTotals(part, { sum, unit, profile })];
}

/** Rows in the order of the table, those of a group indented under it. */
function groupRows(rows: readonly ProfileRow[], by: Grouping): { name: string; row: ProfileRow }[] {
  const outer: RowKey = by === "operation" ? "phase" : "kernel";
  const inner: RowKey | undefined = by === "kernel" ? undefined : by === "shape" ? "detail" : "operation";
  return foldRows(rows, [outer]).flatMap((row) => {
    if (!inner) return [{ name: row[outer], row }];
    const members = foldRows(rows.filter((member) => member[outer] === row[outer]), [outer, inner]);
    if (members.length === 1) return [{ name: `${row[outer]}  ${members[0][inner]}`, row }];
    return [{ name: row[outer], row }, ...members.map((row) => ({ name: `  ${row[inner]}`, row }))];
  });
}

function rowCells(
  name: string,
  row: ProfileRow,
  options: { total: number; work: number; memory: number; profile: Profile },
): string[] {
  const { gflops, gbPerSecond, ofCompute, ofCopy, bound } = ratesOf(row, options.profile.ceilings);
  const mark = (name: string) => row.ms > 0 && bound === name ? " *" : "  ";
  return [
    name,
    formatCount(row.dispatches),
    row.ms.toFixed(2),
    formatShare(options.total > 0 ? row.ms / options.total : 0),
    formatFigure(row.flops / options.work),
    formatFigure(row.bytes / options.memory),
    formatFigure(gflops),
    formatFigure(gbPerSecond),
    formatShare(ofCompute) + mark("compute"),
    formatShare(ofCopy) + mark("copy"),
  ];
}

function formatTotals(
  part: PartProfile,
  { sum, unit, profile }: { sum: ProfileRow; unit: string; profile: Profile },
): string[] {
  const { tokens, submits, hostMs, wallMs, medianWallMs } = part;
  const gflops = sum.flops / wallMs / 1e6;
  return formatColumns([
    ["Device", formatMs(sum.ms), `the sum of ${formatCount(sum.dispatches)} dispatches, each timed alone`],
    ["Host", formatMs(hostMs), "JavaScript: inputs are written, commands encoded"],
    [
      "Wall",
      formatMs(wallMs),
      `a whole ${unit} without instruments, median ${formatMs(medianWallMs)}, ${formatSubmits(submits)}`,
    ],
    [
      "Difference",
      formatMs(sum.ms - wallMs),
      sum.ms >= wallMs
        ? "device less wall: what timing dispatches one by one adds"
        : "device less wall: gaps between dispatches, or a machine that is busy",
    ],
    [
      "Rate",
      `${formatCount(Math.round(tokens / wallMs * 1000))} tokens/s`,
      `${formatFigure(gflops)} GFLOP/s, ${formatShare(gflops / profile.ceilings.gflops)} of compute`,
    ],
  ], { right: [1] });
}

function formatSubmits(submits: number): string {
  if (submits >= 1) return counted(Math.round(submits), "submit");
  return `one submit for ${counted(Math.round(1 / submits), "token")}`;
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function formatMs(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}

function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Three digits, two after the point at most: `0.01`, `1.23`, `12.3`, `1,234`. */
function formatFigure(value: number): string {
  if (value === 0) return "0";
  if (value >= 100) return formatCount(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2);
}
