// What sheepop wants to reach on a GPU, and whether a run reached it.

import { absenceOf, numberOf, textOf } from "./figures.ts";
import type { TrialResult } from "./trial.ts";

export interface Bar {
  readonly name: string;
  /** Least value that reaches it. */
  readonly least: number;
  readonly unit: string;
  readonly value: number | null;
  readonly verdict: "reached" | "missed" | "not run";
  /** Why it was not run, or what it was measured against. */
  readonly note: string;
}

interface BarRule {
  readonly name: string;
  readonly least: number;
  readonly unit: string;
  /** A value and what it was measured against, or why there is none. */
  readonly judge: (trials: readonly TrialResult[]) => { value: number; note: string } | { missing: string };
}

const CEILINGS = "matmul/ceilings";
const TORCH = ["pytorch/train_gpt2_124m_eager", "pytorch/train_gpt2_124m_compiled"];

/** Published by a WebGPU trainer for an A100: 50 ms a step of 1 x 512 tokens, DistilGPT-2. */
const TORCHLETTE_TOKENS_PER_SECOND = 10_200;

const RULES: readonly BarRule[] = [
  {
    name: "f32 product of 4096 x 4096 x 4096, of the multiply-add rate",
    least: 0.6,
    unit: "share",
    judge: (trials) =>
      share(trials, { of: ["matmul/square_4096", "gflops"], by: [CEILINGS, "f32_gflops"], unit: "GFLOP/s" }),
  },
  {
    name: "GPT-2 124M training in f32, of PyTorch's speed in f32",
    least: 0.7,
    unit: "ratio",
    judge: ofTorch,
  },
  {
    name: "GPT-2 124M decoding at batch 1, of the copy bandwidth",
    least: 0.6,
    unit: "share",
    judge: (trials) =>
      share(trials, {
        of: ["decode/gpt2_124m_batch_1", "gb_per_second"],
        by: [CEILINGS, "copy_gb_per_second"],
        unit: "GB/s",
      }),
  },
  {
    name: "DistilGPT-2 81M training, 1 x 512 tokens, as torchlette published for an A100",
    least: TORCHLETTE_TOKENS_PER_SECOND,
    unit: "tokens/s",
    judge(trials) {
      const id = "train/distilgpt2_81m";
      const value = numberOf(trials, id, "tokens_per_second");
      return value === undefined
        ? { missing: absenceOf(trials, id) }
        : { value, note: "the device is another one" };
    },
  },
];

/** @param noVerdict why no figure of this run may be judged */
export function judgeBars(trials: readonly TrialResult[], noVerdict?: string): Bar[] {
  return RULES.map(({ name, least, unit, judge }) => {
    const notRun = (note: string): Bar => ({ name, least, unit, value: null, verdict: "not run", note });
    if (noVerdict !== undefined) return notRun(noVerdict);
    const found = judge(trials);
    if ("missing" in found) return notRun(found.missing);
    const { value, note } = found;
    return { name, least, unit, value, verdict: value >= least ? "reached" : "missed", note };
  });
}

function share(
  trials: readonly TrialResult[],
  { of, by, unit }: { of: [string, string]; by: [string, string]; unit: string },
): ReturnType<BarRule["judge"]> {
  const value = numberOf(trials, ...of);
  const whole = numberOf(trials, ...by);
  if (value === undefined) return { missing: absenceOf(trials, of[0]) };
  if (whole === undefined) return { missing: absenceOf(trials, by[0]) };
  return { value: value / whole, note: `${value.toFixed(0)} of ${whole.toFixed(0)} ${unit}` };
}

/** Against the faster of eager and compiled PyTorch, at the same batch, on CUDA. */
function ofTorch(trials: readonly TrialResult[]): ReturnType<BarRule["judge"]> {
  const id = "train/gpt2_124m";
  const ours = numberOf(trials, id, "tokens_per_second");
  if (ours === undefined) return { missing: absenceOf(trials, id) };
  const theirs = TORCH.flatMap((trial) => {
    const rate = numberOf(trials, trial, "f32.tokens_per_second");
    const isOnCuda = textOf(trials, trial, "device") !== "cpu";
    return rate !== undefined && isOnCuda ? [rate] : [];
  });
  if (theirs.length === 0) return { missing: absenceOf(trials, TORCH[0]) };
  const [B, theirB] = [numberOf(trials, id, "size.B"), numberOf(trials, TORCH[0], "size.B")];
  if (B !== theirB) return { missing: `ours ran at batch ${B}, PyTorch at ${theirB}` };
  const best = Math.max(...theirs);
  return { value: ours / best, note: `${ours.toFixed(0)} of ${best.toFixed(0)} tokens/s` };
}
