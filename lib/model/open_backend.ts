// Opens what the configuration asks to compute on: the GPU, or the reference on the CPU when asked for by name.

import { NoAdapterError } from "../../kernels/device/device.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { WAVE_LANES } from "../../kernels/matmul/matmul_wave.ts";
import {
  type GpuBackend,
  type GpuBackendOptions,
  openGpuBackend,
} from "../../kernels/program/gpu_backend.ts";
import type { ChooseVariant } from "../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { findTuning } from "../tuning/tuning_file.ts";

export interface OpenBackendOptions {
  /** Called when what `sheepop tune` remembered cannot be used. */
  readonly onWarning?: (message: string) => void;
  /** Chooses between variants of kernels instead of `resources.tuning`. */
  readonly chooseVariant?: ChooseVariant;
  /** A run to be continued: on the same device it goes on with the variants it began with. */
  readonly run?: { readonly device: string; readonly variants: Readonly<Record<string, string>> };
}

/**
 * Opens the backend of `resources.device`. The reference is hundreds of times slower than any adapter, a software one
 * included, so it is never fallen back to.
 *
 * @throws {UsageError} when the adapter that is wanted does not answer, or cannot run the kernels that are
 */
export async function openBackend(
  resources: Config["resources"],
  options: OpenBackendOptions = {},
): Promise<Backend> {
  const { device, kernels, operands, segmentMs } = resources;
  if (device === "reference") {
    if (operands === "f32") return openReferenceBackend();
    throw new UsageError("Cannot use f16 operands on the reference: it computes in f64, use --operands f32");
  }
  let choose = options.chooseVariant;
  const backend = await openAdapter({
    kernels,
    operands,
    segmentMs,
    software: device === "cpu",
    chooseVariant: (choice) => choose?.(choice),
  });
  try {
    const problem = problemOf(backend, resources);
    if (problem) throw new UsageError(problem);
    choose ??= await chooserOf(backend, resources, options);
    return backend;
  } catch (error) {
    await backend[Symbol.asyncDispose]();
    throw error;
  }
}

async function openAdapter(options: GpuBackendOptions): Promise<GpuBackend> {
  try {
    return await openGpuBackend(options);
  } catch (error) {
    if (error instanceof NoAdapterError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function problemOf(backend: GpuBackend, resources: Config["resources"]): string | undefined {
  const { device, kernels, operands } = resources;
  const { adapter, isSoftware, subgroupSize, hasF16 } = backend.device.traits;
  if (device === "gpu" && isSoftware) {
    return `Cannot use a GPU: the only adapter is ${adapter}, which computes on the CPU, use --device auto`;
  }
  if (kernels === "wave" && subgroupSize !== WAVE_LANES) {
    return `Cannot use wave kernels on ${adapter}: they need subgroups of ${WAVE_LANES} lanes, use --kernels auto`;
  }
  if (operands === "f16" && !hasF16) {
    return `Cannot use f16 operands on ${adapter}: it lacks shader-f16, use --operands f32`;
  }
  if (operands === "f16" && backend.family !== "tile") {
    return `Cannot use f16 operands with ${backend.family} kernels: only tile kernels read them, add --kernels tile or ` +
      "use --operands f32";
  }
}

/** What decides between variants: the run that is continued, else what was measured, else nothing. */
async function chooserOf(
  backend: GpuBackend,
  { tuning }: Config["resources"],
  { run, onWarning }: OpenBackendOptions,
): Promise<ChooseVariant | undefined> {
  if (tuning === "off") return undefined;
  if (run?.device === backend.description) return ({ subject }) => run.variants[subject];
  const file = await findTuning(tuning, backend.device.traits);
  if (file?.problem !== undefined) {
    onWarning?.(`What was measured in ${file.path} is not used: ${file.problem}`);
  }
  const subjects = file?.tuning?.subjects ?? {};
  return ({ subject }) => Object.hasOwn(subjects, subject) ? subjects[subject].variant : undefined;
}
