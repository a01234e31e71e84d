// Training steps beside jax-js, PyTorch and tfjs: the same first values, tokens and AdamW, so the losses agree.

import type { SpecSize } from "../../support/gpt_spec.ts";
import { sizeText } from "../bench_model.ts";
import type { Bar, Comparison } from "../comparison.ts";
import { npmPeer, ours, torchPeer } from "../peer_commands.ts";
import type { TrainingTask } from "../tasks.ts";
import type { Workbench } from "../workbench.ts";

const SMALL: SpecSize = { L: 4, H: 4, C: 256, T: 256, B: 8, V: 256 };
const LARGE: SpecSize = { L: 6, H: 6, C: 384, T: 256, B: 12, V: 4096 };

/** A submit may take about as long as this. */
const SEGMENT_MS = 100;

/** jax-js on WebGPU and WASM, and PyTorch. */
export function training(bench: Workbench): Comparison {
  const task: TrainingTask = { size: SMALL, minMs: bench.minMs };
  const jax = { script: "jax_train.ts", package: "@jax-js/jax" };
  const base = trainingBeside(bench, SMALL, [
    { against: "jax-js WebGPU", atLeast: 9 },
    { against: "jax-js WASM", atLeast: 1.35 },
    { against: "PyTorch", atLeast: 0.29 },
    { count: "submits a step", atMost: 1, perMs: 1 / SEGMENT_MS },
  ]);
  const [sheepop, torch] = base.contenders;
  return {
    ...base,
    contenders: [
      sheepop,
      npmPeer("jax-js WebGPU", { ...jax, task: { ...task, device: "webgpu" } }),
      npmPeer("jax-js WASM", { ...jax, task: { ...task, device: "wasm" } }),
      torch,
    ],
  };
}

/** One sequence of the same model beside tfjs, for which eight are half a minute. */
export function trainingTfjs(bench: Workbench): Comparison {
  const size = { ...SMALL, B: 1 };
  const task: TrainingTask = { size, minMs: bench.minMs };
  const base = trainingBeside(bench, size, []);
  const tfjs = { script: "tfjs_train.ts", package: "@tensorflow/tfjs-backend-webgpu", task };
  return { ...base, contenders: [base.contenders[0], npmPeer("tfjs WebGPU", tfjs)] };
}

/** A model of 12 million parameters, beside PyTorch. */
export function trainingLarge(bench: Workbench): Comparison {
  return trainingBeside(bench, LARGE, [
    { against: "PyTorch", atLeast: 0.25 },
    { count: "submits a step", atMost: 1, perMs: 1 / SEGMENT_MS },
  ]);
}

/** Ours and PyTorch in tokens a second. */
function trainingBeside(bench: Workbench, size: SpecSize, bars: Bar[]): Comparison {
  const task: TrainingTask = { size, minMs: bench.minMs };
  const { threads, weights } = bench;
  return {
    title: `training ${sizeText(size, { withBatch: true })}`,
    unit: "tokens/s",
    figureOf: (unitMs) => size.B * size.T / unitMs * 1000,
    contenders: [
      ours("train.ts", task),
      torchPeer("PyTorch", {
        script: "torch_train.py",
        task: { ...task, threads },
        weights: () => weights.training(size),
      }),
    ],
    bars,
    rounds: bench.rounds,
  };
}
