// The part of ONNX Runtime for the web that the contenders use, on its WebGPU provider.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { adapterName } from "./adapter_name.ts";

export interface OrtTensor {
  readonly data: Float32Array;
  dispose(): void;
  getData(): Promise<Float32Array>;
}

export interface OrtSession {
  run(inputs: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
}

export interface Ort {
  readonly Tensor: {
    new (type: "float32", data: Float32Array, shape: readonly number[]): OrtTensor;
    new (type: "int64", data: BigInt64Array, shape: readonly number[]): OrtTensor;
    fromGpuBuffer(buffer: GPUBuffer, options: { dataType: "float32"; dims: readonly number[] }): OrtTensor;
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession>;
  };
  readonly env: {
    readonly wasm: { numThreads: number; wasmPaths: string };
    readonly webgpu: { readonly device: Promise<GPUDevice> };
  };
}

/** Loads the runtime. It looks for its WebAssembly beside its main file. */
export async function openOnnxRuntime(): Promise<Ort> {
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/webgpu"));
  const main = await import(pathToFileURL(`${folder}/ort.webgpu.min.mjs`).href);
  const ort: Ort = main.default?.InferenceSession ? main.default : main;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = pathToFileURL(`${folder}/`).href;
  return ort;
}

/** Options of a session whose named outputs stay on the device; the others are read. */
export function sessionOptions(
  onDevice: readonly string[],
  read: readonly string[] = [],
): Record<string, unknown> {
  const places = [...onDevice.map((name) => [name, "gpu-buffer"]), ...read.map((name) => [name, "cpu"])];
  return {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "all",
    preferredOutputLocation: Object.fromEntries(places),
  };
}

export async function onnxFacts(): Promise<{ adapter: string; version: string }> {
  return { adapter: await adapterName(), version: "onnxruntime-web 1.30.0" };
}
