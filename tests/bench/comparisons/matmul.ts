// A product of two square matrices beside jax-js, tfjs and ONNX Runtime, and beside what the adapter reaches at most.

import type { Comparison } from "../comparison.ts";
import { npmPeer, ours } from "../peer_commands.ts";
import type { MatmulTask } from "../tasks.ts";
import type { Workbench } from "../workbench.ts";

const SIDE = 1024;

/** Products between two waits; a wait costs some milliseconds. */
const CHAIN = 8;

export function matmul(bench: Workbench): Comparison {
  const task: MatmulTask = { size: { M: SIDE, N: SIDE, K: SIDE }, chain: CHAIN, minMs: bench.minMs / 2 };
  const jax = { script: "jax_multiply.ts", package: "@jax-js/jax" };
  const tfjs = { script: "tfjs_multiply.ts", package: "@tensorflow/tfjs-backend-webgpu" };
  const onnx = { script: "onnx_multiply.ts", package: "onnxruntime-web" };
  return {
    title: `matmul ${SIDE} x ${SIDE} x ${SIDE}, f32`,
    unit: "GFLOP/s",
    figureOf: (unitMs) => 2 * SIDE ** 3 / unitMs / 1e6,
    contenders: [
      ours("multiply.ts", task),
      ours("ceiling.ts", task, { name: "multiply-add ceiling" }),
      npmPeer("jax-js WebGPU", { ...jax, task: { ...task, device: "webgpu" } }),
      npmPeer("jax-js WASM", { ...jax, task: { ...task, device: "wasm" } }),
      npmPeer("tfjs WebGPU", { ...tfjs, task }),
      npmPeer("ONNX Runtime WebGPU", { ...onnx, task }),
    ],
    bars: [{ against: "jax-js WebGPU", atLeast: 10 }, { against: "multiply-add ceiling", atLeast: 0.65 }],
    rounds: bench.rounds,
  };
}
