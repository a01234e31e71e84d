// TensorFlow.js on WebGPU as a contender: products of two matrices.

import { benchMatrix, productError } from "../bench_matrix.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import type { MatmulTask } from "../tasks.ts";
import { finish, openTfjs, tfjsFacts } from "./tfjs.ts";

const { size, chain, minMs } = readTask<MatmulTask>();
const { M, N, K } = size;
const tf = await openTfjs();
const matrices = { a: benchMatrix(M, K, 1), b: benchMatrix(K, N, 2) };
const a = tf.tensor2d(matrices.a, [M, K]);
const b = tf.tensor2d(matrices.b, [K, N]);
const first = tf.matMul(a, b);
const maxError = productError(size, { ...matrices, c: await first.data() });
first.dispose();
const firstUnitMs = performance.now();

const multiply = async () => {
  const results = Array.from({ length: chain }, () => tf.matMul(a, b));
  await finish(tf);
  for (const result of results) result.dispose();
};
await multiply();

await contend({ ...await tfjsFacts(), firstUnitMs, maxError }, async () => {
  const unitMs = await timeUnits(multiply, minMs);
  return { unitMs: unitMs.map((ms) => ms / chain) };
});
