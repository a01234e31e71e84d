// The GPU a test may use: undefined, so that the test passes without one, unless SHEEPOP_REQUIRE_GPU=1 makes a missing
// adapter a failure.

import { NoAdapterError } from "../../kernels/device/device.ts";
import {
  type GpuBackend,
  type GpuBackendOptions,
  openGpuBackend,
} from "../../kernels/program/gpu_backend.ts";

export async function openTestGpu(options: GpuBackendOptions = {}): Promise<GpuBackend | undefined> {
  try {
    return await openGpuBackend(options);
  } catch (error) {
    if (error instanceof NoAdapterError && Deno.env.get("SHEEPOP_REQUIRE_GPU") !== "1") return undefined;
    throw error;
  }
}
