// Compute pipelines of one device, made once per (WGSL, override constants). Compiling is most of a cold start, so
// parameters are bound as sub-ranges and layers share pipelines.

import type { Dispatch } from "./lowering.ts";
import { type Binding, bindingsOf, shapeFields } from "./wgsl_bindings.ts";

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
  /** Fields of its `shape`, in order. */
  readonly shapeFields: readonly string[];
}

export class Pipelines {
  readonly #gpu: GPUDevice;
  readonly #kernels = new Map<string, CompiledKernel>();

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /** Number of pipelines made so far. */
  get count(): number {
    return this.#kernels.size;
  }

  get(dispatch: Dispatch): CompiledKernel {
    const key = JSON.stringify(dispatch.constants ?? {}) + dispatch.code;
    let kernel = this.#kernels.get(key);
    if (!kernel) {
      kernel = this.#compile(dispatch);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }

  #compile({ kernel, code, constants }: Dispatch): CompiledKernel {
    const bindings = bindingsOf(code);
    const layout = this.#gpu.createBindGroupLayout({ label: kernel, entries: bindings.map(layoutEntry) });
    const module = this.#gpu.createShaderModule({ label: kernel, code });
    const pipeline = this.#gpu.createComputePipeline({
      label: kernel,
      layout: this.#gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel, constants: constants ? { ...constants } : undefined },
    });
    return { pipeline, layout, bindings, shapeFields: shapeFields(code) };
  }
}

function layoutEntry(binding: Binding): GPUBindGroupLayoutEntry {
  const entry = { binding: binding.index, visibility: GPUShaderStage.COMPUTE };
  switch (binding.kind) {
    case "read":
      return { ...entry, buffer: { type: "read-only-storage" } };
    case "uniform":
      return { ...entry, buffer: { type: "uniform" } };
    case "write":
      return { ...entry, buffer: { type: "storage" } };
    case "texture_read":
      return { ...entry, storageTexture: { access: "read-only", format: binding.format! } };
    case "texture_write":
      return { ...entry, storageTexture: { access: "write-only", format: binding.format! } };
  }
}
