// Runs programs on a WebGPU device. compile() lowers calls to dispatches, plans storage and makes bind groups; a replay
// encodes the dispatches into the open command buffer: it allocates nothing and reads nothing back.

import { type Device, openDevice } from "../device/device.ts";
import { openReadback, type Readback } from "../device/readback.ts";
import { fuseEpilogues } from "../matmul/fuse_epilogues.ts";
import type { Backend, Program } from "./backend.ts";
import type { Call } from "./call.ts";
import type { Command } from "./command.ts";
import { CommandQueue, STAGING_BYTES } from "./command_queue.ts";
import { GpuStorage, NO_PLAN } from "./gpu_storage.ts";
import {
  chooseFamily,
  type ChooseVariant,
  type ChosenFamily,
  type KernelFamily,
  type Operands,
  packedHalf,
  Recorder,
  type Texture,
  type VariantChoice,
} from "./lowering.ts";
import { type ParameterTexture, ParameterTextures } from "./parameter_textures.ts";
import { type CommandParts, makeCommand } from "./make_command.ts";
import { Pipelines } from "./pipelines.ts";
import { livesOf, planSlots, SlotPool } from "./planner.ts";
import { columnsOf, rootOf, rowsOf, sizeOf, type Tensor } from "./tensor.ts";
import { timeCommands } from "./timing.ts";

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
  readonly #readback: Readback;
  readonly #kernels: KernelFamily;
  readonly #operands: Operands;
  readonly #chooseVariant: ChooseVariant | undefined;
  readonly #queue: CommandQueue;
  readonly #parts: CommandParts;
  readonly #pool = new SlotPool();
  readonly #storage: GpuStorage;
  readonly #parameterHalves = new Map<Tensor, { half: Tensor; pack: Command }>();
  /** Parameters the host wrote since their f16 copies were made; the optimizer writes the copies itself. */
  readonly #writtenParameters = new Set<Tensor>();
  readonly #parameterTextures = new ParameterTextures((pack) => {
    return makeCommand(this.#parts, { ...pack, origin: REFRESH }, NO_PLAN);
  });
  readonly #packedTextures = new Map<Tensor, Texture>();

  constructor(device: Device, readback: Readback, options: GpuBackendOptions) {
    this.device = device;
    this.#readback = readback;
    this.#kernels = options.kernels ?? "auto";
    this.#operands = options.operands ?? "f32";
    this.#chooseVariant = options.chooseVariant;
    this.#storage = new GpuStorage(device.gpu, device.traits);
    this.#parts = { gpu: device.gpu, pipelines: new Pipelines(device.gpu), storage: this.#storage };
    const rate = device.traits.isSoftware ? 2e7 : 1e9;
    this.#queue = new CommandQueue(device.gpu, { segmentMs: options.segmentMs ?? 100, rate });
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

  get submits(): number {
    return this.#queue.submits;
  }

  /** Time spent in submitting, ms. A software adapter computes in it. */
  get submitMs(): number {
    return this.#queue.submitMs;
  }

  /** Pipelines compiled so far. */
  get pipelines(): number {
    return this.#parts.pipelines.count;
  }

  /** Bytes of all buffers and textures made so far. */
  get memoryBytes(): number {
    return this.#storage.bytes + this.#queue.bytes;
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
    const commands = recorder.dispatches.map((dispatch) => makeCommand(this.#parts, dispatch, plan));
    const replay = () => {
      this.#queue.encode(this.#parameterTextures.renew(textures));
      this.#queue.encode(commands);
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
    this.#queue.write(this.#storage.bufferOf(root, NO_PLAN), (tensor.offset + offset) * 4, data);
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
      this.#queue.learnRate();
    }
    await this.device.check();
    return result;
  }

  refreshParameters(): void {
    this.#parameterTextures.outdate();
    for (const root of this.#writtenParameters) {
      const copy = this.#parameterHalves.get(root);
      if (copy) this.#queue.encode([copy.pack]);
    }
    this.#writtenParameters.clear();
  }

  /** What refreshParameters() runs, as a program: the textures of parameters asked for so far. */
  get refreshProgram(): GpuProgram {
    const { commands } = this.#parameterTextures;
    return { label: "refresh_parameters", commands, replay: () => this.#queue.encode(commands) };
  }

  flush(): void {
    this.#queue.flush();
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
    this.#queue[Symbol.dispose]();
    await this.#readback[Symbol.asyncDispose]();
    this.#storage[Symbol.dispose]();
    await this.device[Symbol.asyncDispose]();
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
      entry = { half, pack: makeCommand(this.#parts, { ...pack, origin: REFRESH }, NO_PLAN) };
      this.#parameterHalves.set(root, entry);
      this.#queue.encode([entry.pack]);
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
}
