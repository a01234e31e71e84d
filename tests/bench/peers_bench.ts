// Ours beside others, one comparison after the other: what `deno task bench --peers` does.

import type { BenchFlags, ComparisonName } from "./bench_flags.ts";
import { compare, type Comparison } from "./comparison.ts";
import { decoding, decodingGpt2 } from "./comparisons/decoding.ts";
import { firstStep } from "./comparisons/first_step.ts";
import { nanogpt } from "./comparisons/nanogpt.ts";
import { matmul } from "./comparisons/matmul.ts";
import { shapes } from "./comparisons/shapes.ts";
import { training, trainingLarge, trainingTfjs } from "./comparisons/training.ts";
import { type ComparisonResult, judge } from "./verdict.ts";
import { openWeightFiles } from "./weight_files.ts";
import type { Workbench } from "./workbench.ts";

const BUILDERS: Readonly<Record<ComparisonName, (bench: Workbench) => Comparison | Comparison[]>> = {
  training,
  "training-large": trainingLarge,
  "training-tfjs": trainingTfjs,
  matmul,
  decoding,
  "decoding-gpt2": decodingGpt2,
  "first-step": firstStep,
  nanogpt,
  shapes,
};

/** A round of cheap work fills this time. */
const MIN_MS = 2000;

export interface PeersReport {
  /** Adapter of the first contender that told one. */
  readonly adapter: string;
  readonly results: readonly ComparisonResult[];
}

/**
 * Runs the chosen comparisons.
 *
 * @param options.onResult handed each as soon as it is there
 * @param options.tell told what is going on
 */
export async function benchPeers(
  flags: BenchFlags,
  options: { onResult: (result: ComparisonResult) => void; tell: (text: string) => void },
): Promise<PeersReport> {
  await using weights = await openWeightFiles();
  const { rounds, threads, nanogptText } = flags;
  const bench: Workbench = { rounds, minMs: MIN_MS, threads, weights, nanogptText };
  const results: ComparisonResult[] = [];
  for (const name of flags.only) {
    for (const comparison of [BUILDERS[name](bench)].flat()) {
      const tell = (text: string) => options.tell(`${comparison.title}: ${text}`);
      const judged = judge(comparison, await compare(comparison, tell));
      const busy = judged.isRow ? [] : busyNotes(Deno.loadavg()[0], navigator.hardwareConcurrency);
      const result = { ...judged, notes: [...judged.notes, ...busy] };
      results.push(result);
      options.onResult(result);
    }
  }
  const adapter = results.flatMap(({ contenders }) => contenders).find(({ facts }) => facts)?.facts?.adapter;
  return { adapter: adapter ?? "none", results };
}

/** Says so when more wants to run than the contender of the moment: it keeps every processor busy, and no more. */
export function busyNotes(load: number, processors: number): string[] {
  if (load < processors + 1) return [];
  return [
    `load average ${
      load.toFixed(1)
    } on ${processors} processors: others work here too, which threads that wait for ` +
    "each other bear worst; believe bests before medians",
  ];
}
