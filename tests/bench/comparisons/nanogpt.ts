// nanoGPT's configuration for a processor: the whole run where it is asked for, otherwise what its steps add up to.

import type { Comparison } from "../comparison.ts";
import { NANOGPT_SIZE, NANOGPT_STEPS, type NanogptTask } from "../nanogpt_run.ts";
import { ours, torchPeer } from "../peer_commands.ts";
import type { TrainingTask } from "../tasks.ts";
import type { Workbench } from "../workbench.ts";

const MINUTES = 3.5;
const LOSS = 1.88;

export function nanogpt(bench: Workbench): Comparison {
  return bench.nanogptText === undefined ? estimate(bench) : run(bench.nanogptText);
}

function run(text: string): Comparison {
  const task: NanogptTask = { text };
  return {
    title: "nanoGPT's configuration for a processor, 2,000 steps",
    unit: "min",
    figureOf: (unitMs) => unitMs / 60_000,
    contenders: [ours("nanogpt.ts", task)],
    bars: [{ atMost: MINUTES }, { count: "validation loss", atMost: LOSS }],
    rounds: 1,
  };
}

function estimate(bench: Workbench): Comparison {
  const task: TrainingTask = { size: NANOGPT_SIZE, minMs: bench.minMs };
  const { threads, weights } = bench;
  return {
    title: "nanoGPT's configuration for a processor, 2,000 steps estimated from some (--nanogpt runs them)",
    unit: "min",
    figureOf: (unitMs) => unitMs * NANOGPT_STEPS / 60_000,
    contenders: [
      ours("train.ts", task),
      torchPeer("PyTorch", {
        script: "torch_train.py",
        task: { ...task, threads },
        weights: () => weights.training(NANOGPT_SIZE),
      }),
    ],
    bars: [{ atMost: MINUTES }],
    rounds: bench.rounds,
  };
}
