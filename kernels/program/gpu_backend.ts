// Runs programs on a WebGPU device. compile() lowers calls to dispatches, plans storage and makes bind groups; a replay
// encodes the dispatches into the open command buffer: it allocates nothing and reads nothing back. A command buffer is
// submitted when its estimated time reaches `segmentMs`, so that no submit keeps the device busy for long, and the
// estimate is corrected by what the submits between two reads really took.

import { type Device, openDevice } from "../device/device.ts";
import { openReadback, type Readback } from "../device/readback.ts";
import { fuseEpilogues } from "../matmul/fuse_epilogues.ts";
import type { Backend, Program } from "./backend.ts";
import type { Call } from "./call.ts";
import { type Command, type CopyCommand, encodeCopy, encodeDispatch, isCopy } from "./command.ts";
import { GpuStorage, NO_PLAN, type Plan } from "./gpu_storage.ts";
import {
  chooseFamily,
  type ChooseVariant,
  type ChosenFamily,
  type Dispatch,
  type KernelFamily,
  type Operands,
  packedHalf,
  type RecordedDispatch,
  Recorder,
  type Texture,
  type VariantChoice,
} from "./lowering.ts";
import { type ParameterTexture, ParameterTextures } from "./parameter_textures.ts";
import { type CompiledKernel, Pipelines } from "./pipelines.ts";
import { livesOf, planSlots, SlotPool } from "./planner.ts";
import { columnsOf, rootOf, rowsOf, sizeOf, type Tensor } from "./tensor.ts";
import { timeCommands } from "./timing.ts";
import { bytesOf, detailOf } from "./work.ts";

export interface GpuProgram extends Program {
  readonly label: string;
  readonly commands: readonly Command[];
}

export interface GpuBackendOptions {
  /** Takes an adapter that computes on the CPU. */
  software?: boolean;
  kernels?: KernelFamily;
  /** f16 needs an adapter with shader-f16. */
  operands?: Operands;
  /** Longest wanted time of one submit, ms. */
  segmentMs?: number;
  /** Chooses between variants of kernels; the usual one where left out, and for a name that is not offered. */
  chooseVariant?: ChooseVariant;
}

const STAGING_BYTES = 1 << 22;

/** Cost of a dispatch beside its arithmetic, in floating-point operations. */
const DISPATCH_COST = 1e6;

/** Textures of parameters belong to no call. */
const REFRESH = { pass: "refresh_parameters", isBackward: false };

export async function openGpuBackend(options: GpuBackendOptions = {}): Promise<GpuBackend> {
  const device = await openDevice({ software: options.software });
  const readback = await openReadback(device.gpu, STAGING_BYTES);
  return new GpuBackend(device, readback, options);
}

export class GpuBackend implements Backend {
  readonly device: Device;
  readonly maxArenaElements: number;
  readonly variants = new Map<string, string>();
  readonly maxTensorElements: number;
  submits = 0;
  /** Time spent in handing them over, ms. A software adapter computes in it. */
  submitMs = 0;
  readonly #readback: Readback;
  readonly #kernels: KernelFamily;
  readonly #operands: Operands;
  readonly #segmentMs: number;
  readonly #chooseVariant: ChooseVariant | undefined;
  readonly #pipelines: Pipelines;
  readonly #pool = new SlotPool();
  readonly #storage: GpuStorage;
  readonly #parameterHalves = new Map<Tensor, { half: Tensor; pack: Command }>();
  /** Parameters the host wrote since their f16 copies were made; the optimizer writes the copies itself. */
  readonly #writtenParameters = new Set<Tensor>();
  readonly #parameterTextures = new ParameterTextures((pack) => {
    return this.#command({ ...pack, origin: REFRESH }, NO_PLAN);
  });
  readonly #packedTextures = new Map<Tensor, Texture>();
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
    this.#operands = options.operands ?? "f32";
    this.#segmentMs = options.segmentMs ?? 100;
    this.#chooseVariant = options.chooseVariant;
    this.#pipelines = new Pipelines(device.gpu);
    this.#storage = new GpuStorage(device.gpu, device.traits);
    this.#rate = device.traits.isSoftware ? 2e7 : 1e9;
    const { maxBindingBytes, maxBufferBytes } = device.traits;
    this.maxArenaElements = Math.floor(Math.min(maxBindingBytes, maxBufferBytes) / 4);
    this.maxTensorElements = Math.floor(maxBufferBytes / 4);
  }

  get description(): string {
    return this.device.traits.adapter;
  }

  /** Kernels programs are lowered to. */
  get family(): ChosenFamily {
    return chooseFamily(this.#kernels, this.device.traits);
  }

  /** Pipelines compiled so far. */
  get pipelines(): number {
    return this.#pipelines.count;
  }

  /** Bytes of all buffers and textures made so far. */
  get memoryBytes(): number {
    return this.#storage.bytes;
  }

  compile(calls: readonly Call[], label: string): GpuProgram {
    const textures = new Set<ParameterTexture>();
    const recorder = new Recorder({
      traits: this.device.traits,
      family: this.#kernels,
      chooseVariant: (choice) => this.#chosen(choice),
      parameterHalf: this.#operands === "f16" ? (root) => this.#parameterHalf(root) : undefined,
      parameterTexture: (key, make) => {
        const made = this.#parameterTextures.of(key, make);
        textures.add(made);
        return made.texture;
      },
      packedTexture: (tensor) => this.#packedTexture(tensor),
    });
    for (const call of fuseEpilogues(calls)) {
      recorder.origin = { pass: call.pass.name, isBackward: call.isBackward ?? false };
      try {
        call.pass.lower(call, recorder);
      } catch (error) {
        throw new Error(`Cannot lower ${call.pass.name} of ${label}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
    const plan = planSlots(livesOf(recorder.dispatches), this.#pool);
    const commands = recorder.dispatches.map((dispatch) => this.#command(dispatch, plan));
    const replay = () => {
      this.#encode(this.#parameterTextures.renew(textures));
      this.#encode(commands);
    };
    return { label, commands, replay };
  }

  write(tensor: Tensor, data: Float32Array | Uint32Array, offset = 0): void {
    const texture = tensor.isPacked ? this.#packedTexture(tensor) : undefined;
    if (texture) {
      this.flush();
      return this.#storage.writeTexture(texture, data as Uint32Array);
    }
    const root = rootOf(tensor);
    if (root.lifetime === "parameter") this.#writtenParameters.add(root);
    const target = this.#storage.bufferOf(root, NO_PLAN);
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
    const upload = this.#storage.buffer("upload", STAGING_BYTES);
    this.device.gpu.queue.writeBuffer(upload, this.#uploadOffset, data as Float32Array<ArrayBuffer>);
    this.#endPass();
    this.#encoder.copyBufferToBuffer(upload, this.#uploadOffset, target, start, data.byteLength);
    this.#uploadOffset += data.byteLength;
  }

  async read(tensor: Tensor): Promise<Float32Array | Uint32Array> {
    if (rootOf(tensor).lifetime === "activation") {
      throw new Error(`Internal: cannot read activation ${tensor.name}: its storage is shared`);
    }
    const source = this.#storage.bufferOf(rootOf(tensor), NO_PLAN);
    this.flush();
    const result = tensor.dtype === "f32"
      ? new Float32Array(sizeOf(tensor))
      : new Uint32Array(sizeOf(tensor));
    const bytes = new Uint8Array(result.buffer);
    for (let done = 0; done < bytes.length; done += STAGING_BYTES) {
      const range = { offset: tensor.offset * 4 + done, bytes: Math.min(STAGING_BYTES, bytes.length - done) };
      await this.#readback.read(source, range, (data) => bytes.set(new Uint8Array(data), done));
      this.#learnRate();
    }
    await this.device.check();
    return result;
  }

  refreshParameters(): void {
    this.#parameterTextures.outdate();
    for (const root of this.#writtenParameters) {
      const copy = this.#parameterHalves.get(root);
      if (copy) this.#encode([copy.pack]);
    }
    this.#writtenParameters.clear();
  }

  /** What refreshParameters() runs, as a program: the textures of parameters asked for so far. */
  get refreshProgram(): GpuProgram {
    const { commands } = this.#parameterTextures;
    return { label: "refresh_parameters", commands, replay: () => this.#encode(commands) };
  }

  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    const startedAt = performance.now();
    if (this.#costSinceRead === 0) this.#firstSubmitAt = startedAt;
    this.device.gpu.queue.submit([this.#encoder.finish()]);
    this.submits++;
    this.submitMs += performance.now() - startedAt;
    this.#costSinceRead += this.#pendingCost;
    this.#pendingCost = 0;
    this.#uploadOffset = 0;
    this.#encoder = undefined;
  }

  /**
   * Runs a program once, dispatch by dispatch.
   *
   * @param options.onCommand told before a command is run, where commands are waited for one by one
   * @returns nanoseconds per command
   */
  async time(
    program: GpuProgram,
    options: { onCommand?: (index: number) => void } = {},
  ): Promise<Float64Array> {
    this.flush();
    const { isSoftware, hasTimestamps } = this.device.traits;
    const nanoseconds = await timeCommands(this.device.gpu, this.#readback, {
      commands: program.commands,
      byTimestamps: hasTimestamps && !isSoftware,
      ...options,
    });
    await this.device.check();
    return nanoseconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.flush();
    await this.#readback[Symbol.asyncDispose]();
    this.#storage[Symbol.dispose]();
    await this.device[Symbol.asyncDispose]();
  }

  #encode(commands: readonly Command[]): void {
    for (const command of commands) {
      this.#encoder ??= this.device.gpu.createCommandEncoder();
      if (isCopy(command)) {
        this.#endPass();
        encodeCopy(this.#encoder, command);
      } else {
        this.#pass ??= this.#encoder.beginComputePass();
        encodeDispatch(this.#pass, command);
      }
      this.#pendingCost += command.flops + DISPATCH_COST;
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

  #chosen(choice: VariantChoice): string {
    const { subject, variants } = choice;
    const name = this.#chooseVariant?.(choice);
    // What was remembered by another version may be gone.
    const taken = name !== undefined && variants.includes(name) ? name : variants[0];
    this.variants.set(subject, taken);
    return taken;
  }

  #parameterHalf(root: Tensor): Tensor {
    let entry = this.#parameterHalves.get(root);
    if (!entry) {
      const { half, pack } = packedHalf(root);
      entry = { half, pack: this.#command({ ...pack, origin: REFRESH }, NO_PLAN) };
      this.#parameterHalves.set(root, entry);
      this.#encode([entry.pack]);
    }
    return entry.half;
  }

  /** CPU adapters read packed words from a texture, if it is not too wide for one. */
  #packedTexture(tensor: Tensor): Texture | undefined {
    const [height, width] = [rowsOf(tensor), columnsOf(tensor) / 4];
    if (this.family !== "wave" || Math.max(width, height) > this.device.traits.maxTextureRows) {
      return undefined;
    }
    let texture = this.#packedTextures.get(tensor);
    if (!texture) {
      texture = { source: tensor, rows: height, columns: width * 4, width, height, format: "rgba32uint" };
      this.#packedTextures.set(tensor, texture);
    }
    return texture;
  }

  #command(dispatch: RecordedDispatch, plan: Plan): Command {
    const { kernel, grid, flops = 0, origin } = dispatch;
    const work = { flops, bytes: bytesOf(dispatch), detail: detailOf(dispatch), origin };
    if (dispatch.copy) return { ...work, ...this.#copyCommand(dispatch.copy, plan) };
    const compiled = this.#pipelines.get(dispatch);
    assertNamesMatch(dispatch, compiled);
    const entries = compiled.bindings.map(({ name, index, kind }) => {
      const resource = kind === "uniform"
        ? { buffer: this.#storage.uniform(packShape(dispatch, compiled)) }
        : this.#storage.bindingOf(dispatch.bindings[name], { plan, access: kind });
      return { binding: index, resource };
    });
    const group = this.device.gpu.createBindGroup({ label: kernel, layout: compiled.layout, entries });
    return { ...work, kernel, pipeline: compiled.pipeline, group, grid };
  }

  #copyCommand(
    { from, to }: { from: Tensor; to: Texture },
    plan: Plan,
  ): Pick<CopyCommand, "kernel" | "source" | "destination" | "size"> {
    return {
      kernel: "copy_to_texture",
      source: {
        buffer: this.#storage.bufferOf(rootOf(from), plan),
        offset: from.offset * 4,
        bytesPerRow: to.columns * 4,
      },
      destination: { texture: this.#storage.textureOf(to, plan) },
      size: [to.columns / 4, to.rows],
    };
  }
}

/** The words of `var<uniform> shape`, padded to whole vectors. */
function packShape({ shape = {} }: Dispatch, { shapeFields }: CompiledKernel): Uint32Array {
  const words = new Uint32Array(Math.ceil(shapeFields.length / 4) * 4);
  shapeFields.forEach((name, i) => words[i] = shape[name]);
  return words;
}

/** A misspelt operand or field would otherwise be taken for an absent one. */
function assertNamesMatch(dispatch: Dispatch, { bindings, shapeFields }: CompiledKernel): void {
  const unknown = Object.keys(dispatch.bindings).find((name) =>
    !bindings.some((binding) => binding.name === name)
  );
  if (unknown) throw new Error(`Internal: ${dispatch.kernel} has no binding ${unknown}`);
  const missing = shapeFields.find((name) => dispatch.shape?.[name] === undefined);
  if (missing) throw new Error(`Internal: ${dispatch.kernel} needs ${missing} in its shape`);
}
