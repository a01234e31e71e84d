// Opens what the configuration asks to compute on: the GPU, or the reference on the CPU when asked for by name.

import { NoAdapterError } from "../../kernels/device/device.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { openGpuBackend } from "../../kernels/program/gpu_backend.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";

/**
 * Opens the backend of `resources.device`. The reference is hundreds of times slower than any GPU, a software one
 * included, so `auto` never falls back to it.
 *
 * @throws {UsageError} when a GPU is wanted and no adapter answers
 */
export async function openBackend(resources: Config["resources"]): Promise<Backend> {
  if (resources.device === "cpu") return openReferenceBackend();
  try {
    return await openGpuBackend({ kernels: resources.kernels, segmentMs: resources.segmentMs });
  } catch (error) {
    if (error instanceof NoAdapterError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
