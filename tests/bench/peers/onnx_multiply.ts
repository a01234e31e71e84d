// ONNX Runtime for the web on WebGPU as a contender: products of two matrices that lie on the device.

import { benchMatrix, productError } from "../bench_matrix.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import type { MatmulTask } from "../tasks.ts";
import { OnnxModel } from "./onnx_model.ts";
import { onnxFacts, openOnnxRuntime, type OrtTensor, sessionOptions } from "./onnx_runtime.ts";

const { size, chain, minMs } = readTask<MatmulTask>();
const { M, N, K } = size;
const ort = await openOnnxRuntime();
const model = new OnnxModel();
model.node("MatMul", [model.input("a", [M, K]), model.input("b", [K, N])], { names: ["c"] });
model.output("c", [M, N]);
const session = await ort.InferenceSession.create(model.build(), sessionOptions(["c"]));
const device = await ort.env.webgpu.device;

function upload(data: Float32Array<ArrayBuffer>, shape: readonly number[]): OrtTensor {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: data.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, data);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: shape });
}

const matrices = { a: benchMatrix(M, K, 1), b: benchMatrix(K, N, 2) };
const inputs = { a: upload(matrices.a, [M, K]), b: upload(matrices.b, [K, N]) };
const first = await session.run(inputs);
const maxError = productError(size, { ...matrices, c: await first.c.getData() });
first.c.dispose();
const firstUnitMs = performance.now();

const multiply = async () => {
  const results: OrtTensor[] = [];
  while (results.length < chain) results.push((await session.run(inputs)).c);
  await device.queue.onSubmittedWorkDone();
  for (const result of results) result.dispose();
};
await multiply();

await contend({ ...await onnxFacts(), firstUnitMs, maxError }, async () => {
  const unitMs = await timeUnits(multiply, minMs);
  return { unitMs: unitMs.map((ms) => ms / chain) };
});
