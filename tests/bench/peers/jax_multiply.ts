// jax-js as a contender: products of two matrices.

import { benchMatrix, productError } from "../bench_matrix.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import type { MatmulTask, PeerOptions } from "../tasks.ts";
import { jaxFacts, openJax } from "./jax.ts";

const { size, chain, minMs, device = "webgpu" } = readTask<MatmulTask & PeerOptions>();
const { M, N, K } = size;
const jax = await openJax(device);
const { numpy: np } = jax;
const matrices = { a: benchMatrix(M, K, 1), b: benchMatrix(K, N, 2) };
const a = np.array(matrices.a).reshape([M, K]);
const b = np.array(matrices.b).reshape([K, N]);
const maxError = productError(size, { ...matrices, c: await np.matmul(a.ref, b.ref).data() });
const firstUnitMs = performance.now();

const multiply = async () => {
  const products = Array.from({ length: chain }, () => np.matmul(a.ref, b.ref));
  await jax.blockUntilReady(products);
  for (const product of products) product.dispose();
};
await multiply();

await contend({ ...await jaxFacts(device), firstUnitMs, maxError }, async () => {
  const unitMs = await timeUnits(multiply, minMs);
  return { unitMs: unitMs.map((ms) => ms / chain) };
});
