// The GPU a test may use: undefined, so that the test passes without one, unless SHEEPOP_REQUIRE_GPU=1 makes a missing
// adapter a failure. Undefined too for kernels this adapter is never given: `--kernels wave` is refused there.

import { NoAdapterError } from "../../kernels/device/device.ts";
import { WAVE_LANES } from "../../kernels/matmul/matmul_wave.ts";
import {
  type GpuBackend,
  type GpuBackendOptions,
  openGpuBackend,
} from "../../kernels/program/gpu_backend.ts";

export async function openTestGpu(options: GpuBackendOptions = {}): Promise<GpuBackend | undefined> {
  try {
    const gpu = await openGpuBackend(options);
    if (options.kernels !== "wave" || gpu.device.traits.subgroupSize === WAVE_LANES) return gpu;
    await gpu[Symbol.asyncDispose]();
    return undefined;
  } catch (error) {
    if (error instanceof NoAdapterError && Deno.env.get("SHEEPOP_REQUIRE_GPU") !== "1") return undefined;
    throw error;
  }
}
