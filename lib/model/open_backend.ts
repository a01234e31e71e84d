// Opens what the configuration asks to compute on: the GPU, or the reference on the CPU when asked for by name.

import { NoAdapterError } from "../../kernels/device/device.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { WAVE_LANES } from "../../kernels/matmul/matmul_wave.ts";
import {
  type GpuBackend,
  type GpuBackendOptions,
  openGpuBackend,
} from "../../kernels/program/gpu_backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";

/**
 * Opens the backend of `resources.device`. The reference is hundreds of times slower than any adapter, a software one
 * included, so it is never fallen back to.
 *
 * @throws {UsageError} when the adapter that is wanted does not answer, or cannot run the kernels that are
 */
export async function openBackend(resources: Config["resources"]): Promise<Backend> {
  const { device, kernels, segmentMs } = resources;
  if (device === "reference") return openReferenceBackend();
  const backend = await openAdapter({ kernels, segmentMs, software: device === "cpu" });
  const problem = problemOf(backend, resources);
  if (!problem) return backend;
  await backend[Symbol.asyncDispose]();
  throw new UsageError(problem);
}

async function openAdapter(options: GpuBackendOptions): Promise<GpuBackend> {
  try {
    return await openGpuBackend(options);
  } catch (error) {
    if (error instanceof NoAdapterError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function problemOf(backend: GpuBackend, { device, kernels }: Config["resources"]): string | undefined {
  const { adapter, isSoftware, subgroupSize } = backend.device.traits;
  if (device === "gpu" && isSoftware) {
    return `Cannot use a GPU: the only adapter is ${adapter}, which computes on the CPU, use --device auto`;
  }
  if (kernels === "wave" && subgroupSize !== WAVE_LANES) {
    return `Cannot use wave kernels on ${adapter}: they need subgroups of ${WAVE_LANES} lanes, use --kernels auto`;
  }
}
