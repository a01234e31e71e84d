// What a run of the bench leaves behind, as data: the machine, every trial, the comparison with PyTorch and the bars.
// A software adapter's report says so in its name, in its first line and in every verdict.

import { type Bar, judgeBars } from "./bars.ts";
import { compareWithTorch, type Comparison } from "./compare_with_torch.ts";
import type { Machine } from "./machine.ts";
import { type Part, PARTS, type TrialResult } from "./trial.ts";

/** Adapter a run began on. */
export interface BenchDevice {
  readonly name: string;
  readonly isSoftware: boolean;
}

export interface BenchRun {
  readonly device: BenchDevice;
  readonly machine: Machine;
  /** Sizes of a software adapter. */
  readonly small: boolean;
  readonly only: readonly Part[];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly elapsedS: number;
  readonly trials: readonly TrialResult[];
}

export interface BenchReport {
  readonly format: 1;
  /** What these figures are, in a sentence. */
  readonly label: string;
  readonly device: { readonly name: string; readonly is_software: boolean };
  readonly machine: Machine;
  readonly sizes: "full" | "small";
  readonly parts: readonly Part[];
  readonly started_at: string;
  readonly elapsed_s: number;
  readonly bars: readonly Bar[];
  readonly comparisons: readonly Comparison[];
  readonly trials: readonly Omit<TrialResult & { elapsed_s: number }, "elapsedS">[];
}

export function makeReport(run: BenchRun): BenchReport {
  const { device, small, trials } = run;
  return {
    format: 1,
    label: labelOf(run),
    device: { name: device.name, is_software: device.isSoftware },
    machine: run.machine,
    sizes: small ? "small" : "full",
    parts: run.only,
    started_at: run.startedAt,
    elapsed_s: Math.round(run.elapsedS),
    bars: judgeBars(trials, whyNoVerdict(run)),
    comparisons: compareWithTorch(trials, device.isSoftware),
    trials: trials.map(({ elapsedS, ...trial }) => ({ ...trial, elapsed_s: elapsedS })),
  };
}

function labelOf({ device, small }: BenchRun): string {
  if (device.isSoftware) {
    return `${device.name} computes on the CPU: these are not the figures of a GPU, and the sizes are small ones.`;
  }
  if (small) return `The small sizes of --small on ${device.name}: too small to say how fast it is.`;
  return `Measured on ${device.name}.`;
}

/** Bars are for a GPU at full size; undefined there. */
function whyNoVerdict({ device, small }: BenchRun): string | undefined {
  if (device.isSoftware) return "software adapter";
  return small ? "small sizes" : undefined;
}

/** Why these sizes may not be run on this adapter; undefined where they may. */
export function refusalOf(device: BenchDevice, small: boolean): string | undefined {
  if (!device.isSoftware || small) return undefined;
  return `Cannot measure a GPU: the only adapter is ${device.name}, which computes on the CPU, install the GPU's ` +
    "Vulkan driver or add --small to try the bench out";
}

/**
 * Name of a report's files, without ending: the adapter's name in lower case without what it says in parentheses, then
 * what the run left out.
 */
export function reportName(device: BenchDevice, run: { small: boolean; only: readonly Part[] }): string {
  const name = device.name.replaceAll(/\([^)]*\)/g, " ").toLowerCase();
  const words = name.split(/[^a-z0-9]+/).filter((word) => word !== "");
  const parts = run.only.length < PARTS.length ? run.only : [];
  return [...(words.length > 0 ? words : ["unknown"]), ...(run.small ? ["small"] : []), ...parts].join("-");
}
