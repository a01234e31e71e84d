// What `sheepop doctor` wants to know of the GPU, as plain data: what the adapter offers, which kernels it gets, whether
// they compute rightly, how long a readback takes.

import type { ChosenFamily } from "../../kernels/program/lowering.ts";
import type { DeviceTraits } from "../../kernels/device/device.ts";
import { GpuBackend } from "../../kernels/program/gpu_backend.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import type { Config } from "../config/config.ts";
import { openBackend } from "../model/open_backend.ts";
import { findTuning, tuningPath } from "../tuning/tuning_file.ts";
import { selfTest, type SelfTestResult } from "./self_test.ts";

/** What was found out about a GPU. */
export interface GpuExamination {
  readonly traits: DeviceTraits;
  /** Kernels it gets. */
  readonly kernels: ChosenFamily;
  /** What `sheepop tune` remembered for it. */
  readonly tuning: {
    /** File in use, or that would be; null where tuning is off or no folder is known. */
    readonly path: string | null;
    /** Products with a measurement. */
    readonly subjects: number;
    /** Why the file is not used. */
    readonly problem?: string;
  };
  /** Time to open the device. */
  readonly openMs: number;
  /** Median time until a few numbers of a waiting device are read back. */
  readonly readbackMs: number;
  readonly selfTest: SelfTestResult;
  /** Time of the self-test, most of it compiling. */
  readonly selfTestMs: number;
}

const READBACKS = 25;

/**
 * Opens the GPU and tries it out, in a few seconds.
 *
 * @throws {UsageError} when no adapter answers
 */
export async function examineGpu(resources: Config["resources"]): Promise<GpuExamination> {
  const startedAt = performance.now();
  await using backend = await openBackend({ ...resources, device: "auto" });
  if (!(backend instanceof GpuBackend)) throw new Error(`Internal: ${backend.description} is not a GPU`);
  const openMs = performance.now() - startedAt;
  const readbackMs = await measureReadback(backend);
  const testedAt = performance.now();
  return {
    traits: backend.device.traits,
    kernels: backend.family,
    tuning: await examineTuning(resources.tuning, backend.device.traits),
    openMs,
    readbackMs,
    selfTest: await selfTest(backend, resources.operands),
    selfTestMs: performance.now() - testedAt,
  };
}

async function examineTuning(setting: string, traits: DeviceTraits): Promise<GpuExamination["tuning"]> {
  const path = tuningPath(setting, traits) ?? null;
  const file = await findTuning(setting, traits);
  return { path, subjects: Object.keys(file?.tuning?.subjects ?? {}).length, problem: file?.problem };
}

async function measureReadback(backend: GpuBackend): Promise<number> {
  const tensor = createTensor("readback", [4], { lifetime: "persistent" });
  const times: number[] = [];
  for (let i = 0; i < READBACKS; i++) {
    const startedAt = performance.now();
    await backend.read(tensor);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(READBACKS / 2)];
}
