// The part of TensorFlow.js that the contenders use, and its WebGPU backend. Backend and core are one version; gradients are
// registered by the union package.

import { adapterName } from "./adapter_name.ts";

export interface Tensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface Variable extends Tensor {
  assign(value: Tensor): void;
}

export interface Tfjs {
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  tensor1d(data: Int32Array, dtype: "int32"): Tensor;
  tensor2d(data: Float32Array, shape: readonly number[]): Tensor;
  variable(value: Tensor, trainable: boolean): Variable;
  variableGrads(
    f: () => Tensor,
    variables: readonly Variable[],
  ): { value: Tensor; grads: Record<string, Tensor> };
  tidy<Result>(f: () => Result): Result;
  dispose(tensors: unknown): void;
  zeros(shape: readonly number[]): Tensor;
  ones(shape: readonly number[]): Tensor;
  readonly linalg: { bandPart(x: Tensor, lower: number, upper: number): Tensor };
  add(a: Tensor, b: Tensor | number): Tensor;
  sub(a: Tensor, b: Tensor | number): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  div(a: Tensor, b: Tensor | number): Tensor;
  square(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  sum(x: Tensor): Tensor;
  mean(x: Tensor, axis: number, keepDims: boolean): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  split(x: Tensor, parts: number, axis: number): Tensor[];
  gather(x: Tensor, indices: Tensor): Tensor;
  oneHot(indices: Tensor, depth: number): Tensor;
  softmax(x: Tensor): Tensor;
  logSoftmax(x: Tensor): Tensor;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  backend(): {
    endComputePassEncoder?(): void;
    commandEncoder?: unknown;
    submitQueue(): void;
    device: { queue: { onSubmittedWorkDone(): Promise<void> } };
  };
}

/** Computed, so that only who runs a peer needs the packages. */
const PACKAGES: readonly string[] = [
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-backend-webgpu",
  "@tensorflow/tfjs",
];

export async function openTfjs(): Promise<Tfjs> {
  const [tf]: Tfjs[] = [await import(PACKAGES[0])];
  await import(PACKAGES[1]);
  await import(PACKAGES[2]);
  if (!await tf.setBackend("webgpu")) throw new Error("tfjs has no WebGPU here");
  await tf.ready();
  return tf;
}

/** Submits what is waiting and waits for the device. */
export async function finish(tf: Tfjs): Promise<void> {
  const backend = tf.backend();
  backend.endComputePassEncoder?.();
  if (backend.commandEncoder) backend.submitQueue();
  await backend.device.queue.onSubmittedWorkDone();
}

export async function tfjsFacts(): Promise<{ adapter: string; version: string }> {
  return { adapter: await adapterName(), version: "tfjs 4.22.0" };
}
