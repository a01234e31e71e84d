// Ours as a contender: products of two matrices. A unit of work is one product, its time the mean over a chain. As in
// training, the second matrix is made ready for its kernel once a chain.

import { matmulPass } from "../../../kernels/matmul/matmul.ts";
import { openGpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { createTensor, viewOf } from "../../../kernels/program/tensor.ts";
import { benchMatrix, productError } from "../bench_matrix.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import type { MatmulTask } from "../tasks.ts";

const { size, chain, minMs } = readTask<MatmulTask>();
const { M, N, K } = size;
const gpu = await openGpuBackend();
const a = createTensor("a", [M, K], { lifetime: "input" });
const b = createTensor("b", [K, N], { lifetime: "input" });
const c = createTensor("c", [M, N], { lifetime: "persistent" });
const tape = new Tape();
for (let i = 0; i < chain; i++) {
  const attributes = { mode: "NN", activation: "none", accumulate: false };
  tape.record(matmulPass, { inputs: { a, b }, outputs: { c }, attributes });
}
const program = gpu.compile(tape.calls, "products");
const matrices = { a: benchMatrix(M, K, 1), b: benchMatrix(K, N, 2) };
gpu.write(a, matrices.a);
gpu.write(b, matrices.b);
program.replay();
const maxError = productError(size, { ...matrices, c: await gpu.read(c) });
const firstUnitMs = performance.now();

const corner = viewOf(c, { offset: 0, shape: [1] });
const multiply = async () => {
  program.replay();
  await gpu.read(corner);
};
await timeUnits(multiply, minMs / 2);

await contend({ adapter: gpu.description, firstUnitMs, maxError }, async () => {
  const unitMs = await timeUnits(multiply, minMs);
  return { unitMs: unitMs.map((ms) => ms / chain) };
});
