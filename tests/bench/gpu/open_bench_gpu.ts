// Opens the device as `sheepop train` does, with what is remembered of tuning, so that measurements are those of the
// program.

import { GpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import { defaultConfig } from "../../../lib/config/config.ts";
import { openBackend } from "../../../lib/model/open_backend.ts";
import { SkipTrial } from "./trial.ts";

/** Settings of `resources` beside the usual ones. */
export interface Wishes {
  /** f16: products read f16 copies of the weights. */
  readonly operands?: "f32" | "f16";
}

/**
 * @throws {SkipTrial} when this version has no such setting, or this adapter cannot do it
 */
export async function openBenchGpu(wishes: Wishes = {}): Promise<GpuBackend> {
  const resources = defaultConfig().resources;
  const unknown = Object.keys(wishes).find((name) => !(name in resources));
  if (unknown !== undefined) throw new SkipTrial(`this version has no resources.${unknown}`);
  try {
    const backend = await openBackend({ ...resources, ...wishes });
    if (backend instanceof GpuBackend) return backend;
    throw new Error(`Internal: ${backend.description} is not a GPU`);
  } catch (error) {
    if (error instanceof UsageError && Object.keys(wishes).length > 0) throw new SkipTrial(error.message);
    throw error;
  }
}
