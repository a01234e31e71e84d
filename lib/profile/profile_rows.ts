// What was measured of dispatches, as rows of a table: added up by kernel, by shape or by where they belong.

import type { Command } from "../../kernels/program/command.ts";

/** Part of a step or token. Logits and loss come with their gradients, so they are a phase of their own. */
export type Phase = typeof PHASES[number];

/** In the order in which they run. */
export const PHASES = ["forward", "loss", "backward", "update"] as const;

/** Dispatches that have something in common. What they do not have in common is empty. */
export interface ProfileRow {
  readonly phase: Phase | "";
  /** What asked for it: `attention`. */
  readonly operation: string;
  /** File name of the WGSL without `.wgsl`, or `copy_to_texture`, the device's own. */
  readonly kernel: string;
  /** Shape, and what is special about it. */
  readonly detail: string;
  readonly dispatches: number;
  readonly ms: number;
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes that have to be read and written. */
  readonly bytes: number;
}

/** What rows are told apart by. */
export type RowKey = "phase" | "operation" | "kernel" | "detail";

/**
 * Rows of the commands of one program.
 *
 * @param ms time of each command
 * @param options.isUpdate the program is part of the update
 * @param options.repeats how often a step replays the program
 */
export function rowsOfCommands(
  commands: readonly Command[],
  ms: ArrayLike<number>,
  options: { isUpdate?: boolean; repeats?: number } = {},
): ProfileRow[] {
  const { isUpdate = false, repeats = 1 } = options;
  const rows = commands.map((command, i): ProfileRow => ({
    phase: isUpdate ? "update" : phaseOf(command),
    operation: operationOf(command.origin.pass),
    kernel: command.kernel,
    detail: command.detail,
    dispatches: repeats,
    ms: repeats * ms[i],
    flops: repeats * command.flops,
    bytes: repeats * command.bytes,
  }));
  return foldRows(rows, ["phase", "operation", "kernel", "detail"]);
}

/** Adds up the rows that agree in `keys`: phases in their order, and of each the slowest first. */
export function foldRows(rows: readonly ProfileRow[], keys: readonly RowKey[]): ProfileRow[] {
  const folded = new Map<string, ProfileRow>();
  for (const row of rows) {
    const key = keys.map((name) => row[name]).join("\n");
    const sum = folded.get(key);
    const only = (name: RowKey) => keys.includes(name) ? row[name] : "";
    folded.set(key, {
      phase: only("phase") as ProfileRow["phase"],
      operation: only("operation"),
      kernel: only("kernel"),
      detail: only("detail"),
      dispatches: (sum?.dispatches ?? 0) + row.dispatches,
      ms: (sum?.ms ?? 0) + row.ms,
      flops: (sum?.flops ?? 0) + row.flops,
      bytes: (sum?.bytes ?? 0) + row.bytes,
    });
  }
  return [...folded.values()].sort((a, b) => placeOf(a) - placeOf(b) || b.ms - a.ms);
}

function placeOf({ phase }: ProfileRow): number {
  return phase === "" ? 0 : PHASES.indexOf(phase);
}

function phaseOf({ origin }: Command): Phase {
  if (origin.isBackward) return "backward";
  return origin.pass.startsWith("linear_cross_entropy") ? "loss" : "forward";
}

/** `layer_norm` of `layer_norm_backward_parameters`: operations are what folders of kernels/ are called. */
function operationOf(pass: string): string {
  return pass.replace(/_(?:forward|backward|append|draw|update|advance)(?:_.*)?$/, "");
}

/** How fast a row was, and how near to what the adapter reaches at best. */
export interface RowRates {
  readonly gflops: number;
  readonly gbPerSecond: number;
  /**
   * Share of the ceiling of arithmetic, and of that of memory; above 1 where caches or the device itself copy
   * faster.
   */
  readonly ofCompute: number;
  readonly ofCopy: number;
  /** The ceiling it is nearer to: the one that would stop it first. */
  readonly bound: "compute" | "copy";
}

/** Rates of a row; a time of 0, below what can be measured, gives rates of 0. */
export function ratesOf(
  { ms, flops, bytes }: Pick<ProfileRow, "ms" | "flops" | "bytes">,
  ceilings: { readonly gflops: number; readonly gbPerSecond: number },
): RowRates {
  const gflops = ms > 0 ? flops / ms / 1e6 : 0;
  const gbPerSecond = ms > 0 ? bytes / ms / 1e6 : 0;
  const ofCompute = gflops / ceilings.gflops;
  const ofCopy = gbPerSecond / ceilings.gbPerSecond;
  return { gflops, gbPerSecond, ofCompute, ofCopy, bound: ofCompute > ofCopy ? "compute" : "copy" };
}

/** One row of everything. */
export function sumRows(rows: readonly ProfileRow[]): ProfileRow {
  const [sum] = foldRows(rows, []);
  return sum ??
    { phase: "", operation: "", kernel: "", detail: "", dispatches: 0, ms: 0, flops: 0, bytes: 0 };
}
