// What the adapter says of itself, and which features it grants: Deno lists fewer than it gives, so each is asked for.

import { openDevice } from "../../../kernels/device/device.ts";
import { SkipTrial, type TrialContext } from "./trial.ts";

/** Features a faster kernel could use, WebGPU's and the engine's own. */
const WISHES = [
  "subgroups",
  "shader-f16",
  "timestamp-query",
  "immediates",
  "wgpu-cooperative-matrix",
  "wgpu-shader-float32-atomic",
  "wgpu-subgroup-barrier",
  "wgpu-shader-i16",
  "wgpu-shader-int64",
  "wgpu-shader-f64",
  "wgpu-timestamp-query-inside-passes",
  "wgpu-mappable-primary-buffers",
  "wgpu-pipeline-cache",
  "wgpu-passthrough-shaders",
] as const;

/** Records name, traits, limits and features. */
export async function probeAdapter({ record }: TrialContext): Promise<void> {
  await using device = await openDevice();
  const { traits } = device;
  record("name", traits.adapter);
  record("is_software", traits.isSoftware);
  record("traits", traits);
  const adapter = await requestAdapter();
  const { vendor, architecture, device: id, subgroupMinSize, subgroupMaxSize } = adapter.info;
  record("adapter_info", { vendor, architecture, device: id, subgroupMinSize, subgroupMaxSize });
  record("limits", limitsOf(adapter.limits));
  record("listed_features", [...adapter.features]);
  const granted: string[] = [];
  const refused: Record<string, string> = {};
  for (const feature of WISHES) {
    const refusal = await refusalOf(feature);
    if (refusal === undefined) granted.push(feature);
    else refused[feature] = refusal;
  }
  record("granted_features", granted);
  record("refused_features", refused);
}

async function requestAdapter(): Promise<GPUAdapter> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new SkipTrial("no WebGPU adapter answers");
  return adapter;
}

/** Limits are getters of a prototype, which JSON leaves out. */
function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(limits));
  const entries = names.map((name) => [name, limits[name as keyof GPUSupportedLimits]] as const);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "number")) as Record<
    string,
    number
  >;
}

/** Each try takes an adapter of its own: a request uses it up. */
async function refusalOf(feature: string): Promise<string | undefined> {
  const adapter = await requestAdapter();
  try {
    const gpu = await adapter.requestDevice({ requiredFeatures: [feature as GPUFeatureName] });
    gpu.destroy();
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0].slice(0, 160);
  }
}
