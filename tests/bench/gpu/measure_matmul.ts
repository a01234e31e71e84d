// Matrix products of sheepop on this device, at round sizes and those of GPT-2, and the ceilings they are judged by. Some
// elements of every product are computed again in f64: sizes here are larger than those of the tests.

import { matmulPass } from "../../../kernels/matmul/matmul.ts";
import type { MatmulMode } from "../../../kernels/matmul/matmul_spec.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { createTensor, viewOf } from "../../../kernels/program/tensor.ts";
import { measureCeilings } from "../../../lib/profile/ceilings.ts";
import { measureRounds } from "./measure_rounds.ts";
import { openBenchGpu } from "./open_bench_gpu.ts";
import type { TrialContext } from "./trial.ts";

/** C [M, N] = A B, in full and at the size of a software adapter. */
export interface Product {
  readonly name: string;
  readonly mode: MatmulMode;
  readonly full: ProductSize;
  readonly small: ProductSize;
}

type ProductSize = readonly [M: number, N: number, K: number];

/** Round sizes, then a GPT-2 layer of 8 x 1024 positions forward and back, its head by chunks, and one decoded token. */
export const PRODUCTS: readonly Product[] = [
  { name: "square_1024", mode: "NN", full: [1024, 1024, 1024], small: [128, 128, 128] },
  { name: "square_4096", mode: "NN", full: [4096, 4096, 4096], small: [256, 256, 256] },
  { name: "gpt2_qkv", mode: "NN", full: [8192, 2304, 768], small: [128, 192, 64] },
  { name: "gpt2_projection", mode: "NN", full: [8192, 768, 768], small: [128, 64, 64] },
  { name: "gpt2_up", mode: "NN", full: [8192, 3072, 768], small: [128, 256, 64] },
  { name: "gpt2_down", mode: "NN", full: [8192, 768, 3072], small: [128, 64, 256] },
  { name: "gpt2_down_input_gradient", mode: "NT", full: [8192, 3072, 768], small: [128, 256, 64] },
  { name: "gpt2_up_weight_gradient", mode: "TN", full: [768, 3072, 8192], small: [64, 256, 128] },
  { name: "gpt2_head_chunk", mode: "NT", full: [128, 50257, 768], small: [64, 257, 64] },
  { name: "gpt2_head_large_chunk", mode: "NT", full: [1024, 50257, 768], small: [128, 257, 64] },
  { name: "gpt2_up_one_token", mode: "NN", full: [1, 3072, 768], small: [1, 256, 64] },
  { name: "gpt2_head_one_token", mode: "NT", full: [1, 50257, 768], small: [1, 257, 64] },
];

/** Elements computed again in f64. */
const CHECKED = 32;

/** Records multiply-adds in registers and bytes copied, 10^9 a second. */
export async function measureCeilingsHere({ record }: TrialContext): Promise<void> {
  await using gpu = await openBenchGpu();
  const { gflops, f16Gflops, gbPerSecond } = await measureCeilings(gpu);
  record("f32_gflops", gflops);
  record("f16_gflops", f16Gflops ?? null);
  record("copy_gb_per_second", gbPerSecond);
}

/** Records time and rate of one product. */
export async function measureProduct({ record, small }: TrialContext, product: Product): Promise<void> {
  const { mode } = product;
  const [M, N, K] = small ? product.small : product.full;
  await using gpu = await openBenchGpu();
  const persistent = (name: string, shape: number[]) => createTensor(name, shape, { lifetime: "persistent" });
  const a = persistent("a", mode === "TN" ? [K, M] : [M, K]);
  const b = persistent("b", mode === "NT" ? [N, K] : [K, N]);
  const c = persistent("c", [M, N]);
  const tape = new Tape();
  const attributes = { mode, activation: "none", accumulate: false };
  tape.record(matmulPass, { inputs: { a, b }, outputs: { c }, attributes });
  const program = gpu.compile(tape.calls, product.name);
  const [left, right] = [randomFloats(M * K, 1), randomFloats(K * N, 2)];
  gpu.write(a, left);
  gpu.write(b, right);
  record("mode", mode);
  record("m_n_k", [M, N, K]);
  record("kernels", [...new Set(program.commands.map(({ kernel }) => kernel))]);
  const probe = viewOf(c, { offset: 0, shape: [1] });
  const { medianMs, bestMs } = await measureRounds({
    queue: () => program.replay(),
    wait: () => gpu.read(probe),
    roundMs: small ? 20 : 150,
    rounds: small ? 3 : 7,
  });
  record("median_ms", medianMs);
  record("best_ms", bestMs);
  record("gflops", 2 * M * N * K / bestMs / 1e6);
  record("gb_per_second", 4 * (M * K + K * N + M * N) / bestMs / 1e6);
  const worst = await worstDifference({ left, right, mode, size: [M, N, K] }, async (i) => {
    return (await gpu.read(viewOf(c, { offset: i, shape: [1] })))[0];
  });
  record("worst_difference", worst);
  // Terms are below one, and errors of a sum grow with its root.
  if (!(worst < 1e-5 * Math.sqrt(K))) throw new Error(`the product is wrong by ${worst}`);
}

/** Uniform in [-1, 1), by a linear congruence. */
function randomFloats(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[i] = state / 2 ** 31;
  }
  return values;
}

interface Factors {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly mode: MatmulMode;
  readonly size: ProductSize;
}

/** Largest difference from f64 among elements spread over C, the last one included. */
async function worstDifference(
  { left, right, mode, size: [M, N, K] }: Factors,
  read: (index: number) => Promise<number>,
): Promise<number> {
  let worst = 0;
  for (let check = 0; check < CHECKED; check++) {
    const index = Math.floor((M * N - 1) * check / (CHECKED - 1));
    const [m, n] = [Math.floor(index / N), index % N];
    let sum = 0;
    for (let k = 0; k < K; k++) {
      const x = mode === "TN" ? left[k * M + m] : left[m * K + k];
      const y = mode === "NT" ? right[n * K + k] : right[k * N + n];
      sum += x * y;
    }
    const difference = Math.abs(await read(index) - sum);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  }
  return worst;
}
