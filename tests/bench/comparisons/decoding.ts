// Decoding one sequence with a KV cache beside jax-js, ONNX Runtime and PyTorch: the same weights, so that greedy choices
// give the same tokens.

import type { SpecSize } from "../../support/gpt_spec.ts";
import { sizeText } from "../bench_model.ts";
import type { Comparison } from "../comparison.ts";
import { npmPeer, ours, torchPeer } from "../peer_commands.ts";
import type { DecodingTask } from "../tasks.ts";
import type { Workbench } from "../workbench.ts";

const SMALL: SpecSize = { L: 4, H: 4, C: 256, T: 256, B: 1, V: 256 };
const GPT2: SpecSize = { L: 12, H: 12, C: 768, T: 1024, B: 1, V: 50257 };

/** A model of 3.3 million parameters. */
export function decoding(bench: Workbench): Comparison {
  const task: DecodingTask = { size: SMALL, prompt: 16, tokens: 96 };
  const jax = { script: "jax_decode.ts", package: "@jax-js/jax" };
  const onnx = { script: "onnx_decode.ts", package: "onnxruntime-web" };
  return decodingBeside(bench, {
    task,
    atLeast: 400,
    peers: [
      npmPeer("jax-js WebGPU", { ...jax, task: { ...task, device: "webgpu" } }),
      npmPeer("jax-js WASM", { ...jax, task: { ...task, device: "wasm" } }),
      npmPeer("ONNX Runtime WebGPU", { ...onnx, task: { ...task, device: "webgpu" } }),
    ],
  });
}

/** The shape of the smallest GPT-2, 124 million parameters. */
export function decodingGpt2(bench: Workbench): Comparison {
  const task: DecodingTask = { size: GPT2, prompt: 16, tokens: 48 };
  return decodingBeside(bench, { task, atLeast: 20, peers: [] });
}

function decodingBeside(
  bench: Workbench,
  work: { task: DecodingTask; atLeast: number; peers: Comparison["contenders"] },
): Comparison {
  const { task, atLeast, peers } = work;
  const { size } = task;
  const torchTask = { ...task, threads: bench.threads };
  return {
    title: `decoding ${sizeText(size, { withBatch: false })}, one sequence, KV cache`,
    unit: "tokens/s",
    figureOf: (unitMs) => 1000 / unitMs,
    contenders: [
      ours("decode.ts", task),
      ...peers,
      torchPeer("PyTorch", {
        script: "torch_decode.py",
        task: torchTask,
        weights: () => bench.weights.decoding(size),
      }),
    ],
    bars: [{ atLeast }],
    rounds: bench.rounds,
  };
}
