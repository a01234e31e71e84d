// A kernel without tensors and programs, for probes: one result buffer, some input buffers, dispatched any number of
// times and waited for.

import type { Device } from "../../../kernels/device/device.ts";
import { openReadback } from "../../../kernels/device/readback.ts";

export interface RawKernelOptions {
  readonly code: string;
  /** Name of the entry point, label of everything. */
  readonly kernel: string;
  readonly constants?: Readonly<Record<string, number>>;
  /** Size of binding 0, written by the kernel. */
  readonly resultBytes: number;
  /** Contents of bindings 1, 2, ... */
  readonly inputs?: readonly (Float32Array | Uint32Array)[];
}

export interface RawKernel extends AsyncDisposable {
  /**
   * Dispatches in one pass and waits.
   *
   * @param options.groups workgroups of each dispatch
   * @param options.times dispatches
   * @returns time until the device was done, milliseconds
   */
  run(
    options?: { groups?: number; times?: number; timestampWrites?: GPUComputePassTimestampWrites },
  ): Promise<number>;
  /** Waits for what is queued and copies binding 0 out. */
  read(): Promise<Uint32Array>;
}

/** Most bytes a read hands out. */
const READ_BYTES = 1 << 16;

/** @throws what WebGPU says of the kernel */
export async function openRawKernel(device: Device, options: RawKernelOptions): Promise<RawKernel> {
  const { gpu } = device;
  const { code, kernel, constants } = options;
  const module = gpu.createShaderModule({ label: kernel, code });
  const pipeline = gpu.createComputePipeline({
    label: kernel,
    layout: "auto",
    compute: { module, entryPoint: kernel, constants },
  });
  await device.check();
  const { buffers, result } = createBuffers(gpu, options);
  const group = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  await device.check();
  const readBytes = Math.min(READ_BYTES, result.size);
  const readback = await openReadback(gpu, readBytes);
  const read = () =>
    readback.read(result, { offset: 0, bytes: readBytes }, (data) => new Uint32Array(data.slice(0)));
  return {
    async run({ groups = 1, times = 1, timestampWrites } = {}): Promise<number> {
      const startedAt = performance.now();
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass({ timestampWrites });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(groups);
      pass.end();
      gpu.queue.submit([encoder.finish()]);
      await read();
      const elapsedMs = performance.now() - startedAt;
      await device.check();
      return elapsedMs;
    },
    async read(): Promise<Uint32Array> {
      const words = await read();
      await device.check();
      return words;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await readback[Symbol.asyncDispose]();
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

function createBuffers(
  gpu: GPUDevice,
  { kernel, resultBytes, inputs = [] }: RawKernelOptions,
): { buffers: GPUBuffer[]; result: GPUBuffer } {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const result = gpu.createBuffer({ label: kernel, size: resultBytes, usage });
  const given = inputs.map((data) => {
    const buffer = gpu.createBuffer({ label: kernel, size: data.byteLength, usage });
    gpu.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return buffer;
  });
  return { buffers: [result, ...given], result };
}
