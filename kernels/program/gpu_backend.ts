// Runs programs on a WebGPU device. compile() lowers calls to dispatches, plans storage and makes bind groups; a replay
// encodes the dispatches into the open command buffer: it allocates nothing and reads nothing back. A command buffer is
// submitted when its estimated time reaches `segmentMs`, so that no submit keeps the device busy for long, and the
// estimate is corrected by what the submits between two reads really took.

import { type Device, openDevice } from "../device/device.ts";
import { openReadback, type Readback } from "../device/readback.ts";
import type { Backend, Program } from "./backend.ts";
import type { Call } from "./call.ts";
import { type Dispatch, isTexture, type KernelFamily, Recorder, type Resource, type Texture } from "./lowering.ts";
import { Pipelines } from "./pipelines.ts";
import { livesOf, planSlots, type Slot, SlotPool } from "./planner.ts";
import { rootOf, sizeOf, type Tensor } from "./tensor.ts";

/** A dispatch ready to be encoded. */
export interface Command {
  readonly kernel: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number?, number?];
  readonly flops: number;
  /** Estimated time in units of the device's rate. */
  readonly cost: number;
}

export interface GpuProgram extends Program {
  readonly label: string;
  readonly commands: readonly Command[];
}

export interface GpuBackendOptions {
  kernels?: KernelFamily;
  /** Longest wanted time of one submit, ms. */
  segmentMs?: number;
}

const STAGING_BYTES = 1 << 22;
const STORAGE = (): number => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** Cost of a dispatch beside its arithmetic, in floating-point operations. */
const DISPATCH_COST = 1e6;

export async function openGpuBackend(options: GpuBackendOptions = {}): Promise<GpuBackend> {
  const device = await openDevice();
  const readback = await openReadback(device.gpu, STAGING_BYTES);
  return new GpuBackend(device, readback, options);
}

export class GpuBackend implements Backend {
  readonly device: Device;
  readonly maxArenaElements: number;
  submits = 0;
  readonly #readback: Readback;
  readonly #kernels: KernelFamily;
  readonly #segmentMs: number;
  readonly #pipelines: Pipelines;
  readonly #pool = new SlotPool();
  readonly #buffers = new Map<Tensor | Slot | string, GPUBuffer>();
  readonly #textures = new Map<Slot | Texture, GPUTexture>();
  readonly #parameterTextures = new Map<string, { texture: Texture; pack: Command }>();
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pendingCost = 0;
  /** Cost per ms, measured between reads. */
  #rate: number;
  #costSinceRead = 0;
  #firstSubmitAt = 0;
  #uploadOffset = 0;

  constructor(device: Device, readback: Readback, options: GpuBackendOptions) {
    this.device = device;
    this.#readback = readback;
    this.#kernels = options.kernels ?? "auto";
    this.#segmentMs = options.segmentMs ?? 100;
    this.#pipelines = new Pipelines(device.gpu);
    this.#rate = device.traits.isSoftware ? 2e7 : 1e9;
    const { maxBindingBytes, maxBufferBytes } = device.traits;
    this.maxArenaElements = Math.floor(Math.min(maxBindingBytes, maxBufferBytes) / 4);
  }

  get description(): string {
    return this.device.traits.adapter;
  }

  /** Pipelines compiled so far. */
  get pipelines(): number {
    return this.#pipelines.count;
  }

  /** Bytes of all buffers and textures made so far. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const buffer of this.#buffers.values()) bytes += buffer.size;
    for (const texture of this.#textures.values()) bytes += texture.width * texture.height * 16;
    return bytes;
  }

  compile(calls: readonly Call[], label: string): GpuProgram {
    const recorder = new Recorder({
      traits: this.device.traits,
      family: this.#kernels,
      parameterTexture: (tensor, make) => this.#parameterTexture(tensor, make),
    });
    for (const call of calls) {
      try {
        call.pass.lower(call, recorder);
      } catch (error) {
        throw new Error(`Cannot lower ${call.pass.name} of ${label}: ${(error as Error).message}`, { cause: error });
      }
    }
    const plan = planSlots(livesOf(recorder.dispatches), this.#pool);
    const commands = recorder.dispatches.map((dispatch) => this.#command(dispatch, plan));
    this.device.check();
    return { label, commands, replay: () => this.#encode(commands) };
  }

  write(tensor: Tensor, data: Float32Array | Uint32Array, offset = 0): void {
    const target = this.#bufferOf(rootOf(tensor), new Map());
    const start = (tensor.offset + offset) * 4;
    if (!this.#encoder || data.byteLength > STAGING_BYTES) {
      this.flush();
      this.device.gpu.queue.writeBuffer(target, start, data as Float32Array<ArrayBuffer>);
      return;
    }
    // Commands encoded before must see the old contents: go through the upload buffer, in order.
    if (this.#uploadOffset + data.byteLength > STAGING_BYTES) {
      this.flush();
      return this.write(tensor, data, offset);
    }
    const upload = this.#buffer("upload", STAGING_BYTES);
    this.device.gpu.queue.writeBuffer(upload, this.#uploadOffset, data as Float32Array<ArrayBuffer>);
    this.#endPass();
    this.#encoder.copyBufferToBuffer(upload, this.#uploadOffset, target, start, data.byteLength);
    this.#uploadOffset += data.byteLength;
  }

  async read(tensor: Tensor): Promise<Float32Array | Uint32Array> {
    if (rootOf(tensor).lifetime === "activation") {
      throw new Error(`Internal: cannot read activation ${tensor.name}: its storage is shared`);
    }
    const source = this.#bufferOf(rootOf(tensor), new Map());
    this.flush();
    const result = tensor.dtype === "f32" ? new Float32Array(sizeOf(tensor)) : new Uint32Array(sizeOf(tensor));
    const bytes = new Uint8Array(result.buffer);
    for (let done = 0; done < bytes.length; done += STAGING_BYTES) {
      const range = { offset: tensor.offset * 4 + done, bytes: Math.min(STAGING_BYTES, bytes.length - done) };
      await this.#readback.read(source, range, (data) => bytes.set(new Uint8Array(data), done));
      this.#learnRate();
    }
    this.device.check();
    return result;
  }

  refreshParameters(): void {
    this.#encode([...this.#parameterTextures.values()].map(({ pack }) => pack));
  }

  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    if (this.#costSinceRead === 0) this.#firstSubmitAt = performance.now();
    this.device.gpu.queue.submit([this.#encoder.finish()]);
    this.submits++;
    this.#costSinceRead += this.#pendingCost;
    this.#pendingCost = 0;
    this.#uploadOffset = 0;
    this.#encoder = undefined;
  }

  /** Encodes commands one compute pass each with timestamps; see tests/bench. @returns nanoseconds per command */
  async time(program: GpuProgram): Promise<Float64Array> {
    this.flush();
    const { gpu } = this.device;
    const { commands } = program;
    const nanoseconds = new Float64Array(commands.length);
    const batch = 1024;
    for (let start = 0; start < commands.length; start += batch) {
      const part = commands.slice(start, start + batch);
      const count = part.length * 2;
      const queries = gpu.createQuerySet({ type: "timestamp", count });
      const ticks = gpu.createBuffer({
        size: count * 8,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      });
      const encoder = gpu.createCommandEncoder();
      part.forEach((command, i) => {
        const timestampWrites = { querySet: queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
        const pass = encoder.beginComputePass({ timestampWrites });
        encodeCommand(pass, command);
        pass.end();
      });
      encoder.resolveQuerySet(queries, 0, count, ticks, 0);
      gpu.queue.submit([encoder.finish()]);
      await this.#readback.read(ticks, { offset: 0, bytes: count * 8 }, (data) => {
        const stamps = new BigUint64Array(data);
        part.forEach((_, i) => nanoseconds[start + i] = Number(stamps[2 * i + 1] - stamps[2 * i]));
      });
      queries.destroy();
      ticks.destroy();
    }
    this.device.check();
    return nanoseconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flush();
    await this.#readback[Symbol.asyncDispose]();
    for (const buffer of this.#buffers.values()) buffer.destroy();
    for (const texture of this.#textures.values()) texture.destroy();
    await this.device[Symbol.asyncDispose]();
  }

  #encode(commands: readonly Command[]): void {
    for (const command of commands) {
      this.#encoder ??= this.device.gpu.createCommandEncoder();
      this.#pass ??= this.#encoder.beginComputePass();
      encodeCommand(this.#pass, command);
      this.#pendingCost += command.cost;
      if (this.#pendingCost > this.#segmentMs * this.#rate) this.flush();
    }
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  #learnRate(): void {
    if (this.#costSinceRead === 0) return;
    const elapsedMs = performance.now() - this.#firstSubmitAt;
    // A first run also compiles: it may not slow the rate down by more than half.
    this.#rate = Math.max(this.#rate / 2, this.#costSinceRead / elapsedMs);
    this.#costSinceRead = 0;
  }

  #parameterTexture(tensor: Tensor, make: () => { texture: Texture; pack: Dispatch }): Texture {
    const key = `${rootOf(tensor).id}/${tensor.offset}/${tensor.shape.join("x")}`;
    let entry = this.#parameterTextures.get(key);
    if (!entry) {
      const { texture, pack } = make();
      this.#textures.set(texture, this.#createTexture(texture));
      entry = { texture, pack: this.#command(pack, new Map()) };
      this.#parameterTextures.set(key, entry);
      this.#encode([entry.pack]);
    }
    return entry.texture;
  }

  #command(dispatch: Dispatch, plan: Map<Tensor | Texture, Slot>): Command {
    const { pipeline, layout, bindings } = this.#pipelines.get(dispatch);
    const unknown = Object.keys(dispatch.bindings).find((name) => !bindings.some((binding) => binding.name === name));
    if (unknown) throw new Error(`Internal: ${dispatch.kernel} has no binding ${unknown}`);
    const entries = bindings.map((binding) => ({
      binding: binding.index,
      resource: this.#resource(dispatch.bindings[binding.name], { plan, binding: binding.kind, kernel: dispatch.kernel }),
    }));
    const group = this.device.gpu.createBindGroup({ label: dispatch.kernel, layout, entries });
    const flops = dispatch.flops ?? 0;
    return { kernel: dispatch.kernel, pipeline, group, grid: dispatch.grid, flops, cost: flops + DISPATCH_COST };
  }

  #resource(
    resource: Resource,
    context: { plan: Map<Tensor | Texture, Slot>; binding: string; kernel: string },
  ): GPUBindingResource {
    if (!resource) {
      const absent = context.binding === "read" ? "absent operand" : "absent result";
      return { buffer: this.#buffer(absent, 256) };
    }
    if (isTexture(resource)) return this.#textureOf(resource, context.plan).createView();
    const bytes = sizeOf(resource) * 4;
    const { offsetAlignment, maxBindingBytes } = this.device.traits;
    if ((resource.offset * 4) % offsetAlignment !== 0 || bytes > maxBindingBytes) {
      throw new Error(
        `Cannot bind ${resource.name} (${bytes} bytes at ${resource.offset * 4}): bindings of this adapter start at ` +
          `multiples of ${offsetAlignment} bytes and hold at most ${maxBindingBytes} bytes`,
      );
    }
    return { buffer: this.#bufferOf(rootOf(resource), context.plan), offset: resource.offset * 4, size: bytes };
  }

  #bufferOf(root: Tensor, plan: Map<Tensor | Texture, Slot>): GPUBuffer {
    const slot = plan.get(root);
    return this.#buffer(slot ?? root, slot ? slot.bytes : sizeOf(root) * 4);
  }

  #buffer(key: Tensor | Slot | string, bytes: number): GPUBuffer {
    let buffer = this.#buffers.get(key);
    if (!buffer) {
      const label = typeof key === "string" ? key : "name" in key ? key.name : "activation";
      buffer = this.device.gpu.createBuffer({ label, size: Math.max(16, bytes), usage: STORAGE() });
      this.#buffers.set(key, buffer);
    }
    return buffer;
  }

  #textureOf(texture: Texture, plan: Map<Tensor | Texture, Slot>): GPUTexture {
    const key = plan.get(texture) ?? texture;
    let made = this.#textures.get(key);
    if (!made) {
      made = this.#createTexture(texture);
      this.#textures.set(key, made);
    }
    return made;
  }

  #createTexture(texture: Texture): GPUTexture {
    return this.device.gpu.createTexture({
      label: texture.source.name,
      size: [texture.width, texture.height],
      format: "rgba32float",
      usage: GPUTextureUsage.STORAGE_BINDING,
    });
  }
}

function encodeCommand(pass: GPUComputePassEncoder, command: Command): void {
  pass.setPipeline(command.pipeline);
  pass.setBindGroup(0, command.group);
  pass.dispatchWorkgroups(command.grid[0], command.grid[1] ?? 1, command.grid[2] ?? 1);
}
