// Opens a WebGPU device and finds out what kernels may rely on: subgroups and how lanes are numbered, whether the
// adapter is a software one, limits. Knows nothing of tensors or programs.

/** What the adapter offers, in the terms kernels are chosen by. */
export interface DeviceTraits {
  /** Human-readable adapter name. */
  readonly adapter: string;
  /** Runs on the CPU (lavapipe, llvmpipe, SwiftShader). */
  readonly isSoftware: boolean;
  /** Lanes of a subgroup when kernels may use subgroup operations with lane = local x; 0 when they may not. */
  readonly subgroupSize: number;
  readonly hasTimestamps: boolean;
  readonly hasF16: boolean;
  /** Largest range of a buffer one binding may cover, bytes. */
  readonly maxBindingBytes: number;
  readonly maxBufferBytes: number;
  readonly maxTextureRows: number;
  /** Workgroup memory, bytes. */
  readonly maxWorkgroupBytes: number;
  /** Alignment of the start of a binding, bytes. */
  readonly offsetAlignment: number;
}

export interface Device extends AsyncDisposable {
  readonly gpu: GPUDevice;
  readonly traits: DeviceTraits;
  /** Throws the first error since the last call, if there was one: WebGPU itself would stay silent. */
  check(): Promise<void>;
}

/** No adapter answered. Its message says what to install. */
export class NoAdapterError extends Error {
  override name = "NoAdapterError";
}

const WISHED_FEATURES = ["subgroups", "timestamp-query", "shader-f16"];

/**
 * Opens the default adapter, or the one the user's environment selects.
 *
 * @param options.software takes an adapter that computes on the CPU
 * @throws {NoAdapterError} when no WebGPU adapter answers
 */
export async function openDevice(options: { software?: boolean } = {}): Promise<Device> {
  const { gpu, features, info } = await requestDevice(WISHED_FEATURES, options.software ?? false);
  let lost: string | undefined;
  gpu.lost.then((reason) => {
    if (reason.reason !== "destroyed") lost = reason.message;
  });
  const traits = await findTraits(gpu, info, features);
  openErrorScopes(gpu);
  return {
    gpu,
    traits,
    async check(): Promise<void> {
      const errors = await Promise.all(ERROR_KINDS.map(() => gpu.popErrorScope()));
      openErrorScopes(gpu);
      const message = errors.find((error) => error !== null)?.message ?? lost;
      if (message !== undefined) throw new Error(`WebGPU: ${message}`);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await gpu.queue.onSubmittedWorkDone();
      gpu.destroy();
    },
  };
}

const ERROR_KINDS: readonly GPUErrorFilter[] = ["internal", "out-of-memory", "validation"];

/**
 * Everything happens within error scopes, which check() closes and opens again: an event for an uncaptured error would
 * wait for the event loop, which a busy training loop never enters.
 */
function openErrorScopes(gpu: GPUDevice): void {
  for (const kind of ERROR_KINDS) gpu.pushErrorScope(kind);
}

interface Requested {
  gpu: GPUDevice;
  features: Set<string>;
  info: GPUAdapterInfo;
}

/** Deno lists few of the features it grants, so each wish is tried and dropped when refused. */
async function requestDevice(wishes: string[], software: boolean): Promise<Requested> {
  quietMesa();
  const adapter = await navigator.gpu?.requestAdapter({
    powerPreference: "high-performance",
    forceFallbackAdapter: software,
  });
  if (!adapter) {
    throw new NoAdapterError(
      "Cannot open a GPU: no WebGPU adapter answers, install a Vulkan driver (Debian: apt-get install " +
        "mesa-vulkan-drivers) or run a tiny model with --device reference",
    );
  }
  const { limits } = adapter;
  try {
    const gpu = await adapter.requestDevice({
      label: "sheepop",
      requiredFeatures: wishes as GPUFeatureName[],
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxTextureDimension2D: limits.maxTextureDimension2D,
      },
    });
    return { gpu, features: new Set(wishes), info: adapter.info };
  } catch (error) {
    if (wishes.length === 0) throw error;
    const refused = wishes.find((wish) => String(error).includes(wish)) ?? wishes[wishes.length - 1];
    return await requestDevice(wishes.filter((wish) => wish !== refused), software);
  }
}

/** Mesa complains on stderr where XDG_RUNTIME_DIR is not set; any folder will do. */
function quietMesa(): void {
  const variable = "XDG_RUNTIME_DIR";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return;
  if (Deno.build.os === "linux" && !Deno.env.get(variable)) Deno.env.set(variable, "/tmp");
}

async function findTraits(
  gpu: GPUDevice,
  info: GPUAdapterInfo,
  features: Set<string>,
): Promise<DeviceTraits> {
  const adapter = info.description || info.device || info.vendor || "unknown adapter";
  const isSoftware = info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader/i.test(adapter);
  const size = info.subgroupMinSize;
  const fixed = features.has("subgroups") && size === info.subgroupMaxSize && size >= 4 && size <= 64;
  return {
    adapter,
    isSoftware,
    subgroupSize: fixed && await lanesFollowLocalX(gpu, size) ? size : 0,
    hasTimestamps: features.has("timestamp-query"),
    hasF16: features.has("shader-f16"),
    maxBindingBytes: gpu.limits.maxStorageBufferBindingSize,
    maxBufferBytes: gpu.limits.maxBufferSize,
    maxTextureRows: gpu.limits.maxTextureDimension2D,
    maxWorkgroupBytes: gpu.limits.maxComputeWorkgroupStorageSize,
    offsetAlignment: gpu.limits.minStorageBufferOffsetAlignment,
  };
}

/** WGSL does not promise that lane i of a subgroup is the invocation with local x = i; row kernels rely on it. */
async function lanesFollowLocalX(gpu: GPUDevice, size: number): Promise<boolean> {
  const rows = 8;
  const code = `@group(0) @binding(0) var<storage, read_write> mismatches: array<u32>;
@compute @workgroup_size(${size}, ${rows})
fn probe(@builtin(local_invocation_id) local: vec3u, @builtin(subgroup_size) size: u32) {
  // subgroup_invocation_id itself is refused in workgroups of two dimensions.
  let same_row = subgroupMin(local.y) == local.y && subgroupMax(local.y) == local.y;
  let all_lanes = size == ${size}u && subgroupAdd(1u) == size;
  let in_order = subgroupShuffle(local.x, 0u) == 0u && subgroupShuffle(local.x, 1u) == 1u &&
    subgroupShuffle(local.x, ${size - 1}u) == ${size - 1}u && subgroupAdd(local.x) == ${
    size * (size - 1) / 2
  }u;
  mismatches[local.y * ${size}u + local.x] = u32(!(same_row && all_lanes && in_order));
}`;
  const bytes = size * rows * 4;
  const result = gpu.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const staging = gpu.createBuffer({ size: bytes, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  try {
    gpu.pushErrorScope("validation");
    const module = gpu.createShaderModule({ label: "lane_probe", code });
    const pipeline = gpu.createComputePipeline({ layout: "auto", compute: { module } });
    const group = gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: result } }],
    });
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(result, 0, staging, 0, bytes);
    gpu.queue.submit([encoder.finish()]);
    if (await gpu.popErrorScope()) return false;
    await staging.mapAsync(GPUMapMode.READ);
    return new Uint32Array(staging.getMappedRange()).every((mismatch) => mismatch === 0);
  } finally {
    result.destroy();
    staging.destroy();
  }
}
