// Ours beside PyTorch's: the same model, batch and kind of device, as a ratio of tokens a second.

import { numberOf, textOf } from "./figures.ts";
import type { TrialResult } from "./trial.ts";

export interface Comparison {
  /** Our trial. */
  readonly trial: string;
  /** How PyTorch ran: `2.5.1 eager f32` and the like. */
  readonly torch: string;
  /** What PyTorch ran on. */
  readonly on: string;
  /** Tokens a second. */
  readonly ours: number;
  readonly theirs: number;
  /** Ours over theirs: above 1 is faster than PyTorch. */
  readonly ratio: number;
}

const PRECISIONS = ["f32", "tf32", "bf16"];

/** Comparable pairs. A GPU is not compared with PyTorch on the processor, nor one batch with another. */
export function compareWithTorch(trials: readonly TrialResult[], isSoftware: boolean): Comparison[] {
  const comparisons: Comparison[] = [];
  for (const { part, name } of trials) {
    const [, trial, mode] = /^(\w+?)(?:_(eager|compiled))?$/.exec(name) ?? [];
    if (part !== "pytorch" || trial === undefined) continue;
    const torchId = `${part}/${name}`;
    const on = textOf(trials, torchId, "device") ?? "unknown";
    if ((on === "cpu") !== isSoftware) continue;
    const id = trial.replace("_", "/");
    const how = `${textOf(trials, torchId, "torch")} ${mode ?? "eager"}`;
    for (const ourId of [id, `${id}_f16`]) {
      const ours = numberOf(trials, ourId, "tokens_per_second");
      const isSameBatch = numberOf(trials, ourId, "size.B") === numberOf(trials, torchId, "size.B");
      if (ours === undefined || !isSameBatch) continue;
      for (const precision of PRECISIONS) {
        const theirs = numberOf(trials, torchId, `${precision}.tokens_per_second`);
        if (theirs === undefined) continue;
        comparisons.push({
          trial: ourId,
          torch: `${how} ${precision}`,
          on,
          ours,
          theirs,
          ratio: ours / theirs,
        });
      }
    }
  }
  return comparisons;
}
