// The buffers and textures of one device, by what they hold: a tensor of its own, a slot of the activation pool, or a
// stand-in. Made on first use, destroyed together: WebGPU buffers are invisible to the garbage collector.

import { isTexture, type Resource, type Texture } from "./lowering.ts";
import type { Slot } from "./planner.ts";
import { rootOf, sizeOf, type Tensor } from "./tensor.ts";

/** Which slot of the pool holds an activation of a program; empty for tensors that outlive programs. */
export type Plan = ReadonlyMap<Tensor | Texture, Slot>;

export const NO_PLAN: Plan = new Map();

/** What a binding of a kernel does with its resource. */
export type Access = "read" | "write" | "uniform" | "texture_read" | "texture_write";

export class GpuStorage implements Disposable {
  readonly #gpu: GPUDevice;
  readonly #limits: { readonly offsetAlignment: number; readonly maxBindingBytes: number };
  readonly #buffers = new Map<Tensor | Slot | string, GPUBuffer>();
  readonly #textures = new Map<Texture | Slot, GPUTexture>();

  constructor(
    gpu: GPUDevice,
    limits: { readonly offsetAlignment: number; readonly maxBindingBytes: number },
  ) {
    this.#gpu = gpu;
    this.#limits = limits;
  }

  /** Bytes of everything made so far. */
  get bytes(): number {
    let bytes = 0;
    for (const buffer of this.#buffers.values()) bytes += buffer.size;
    for (const texture of this.#textures.values()) bytes += texture.width * texture.height * 16;
    return bytes;
  }

  /** The buffer of a tensor, or of the slot the plan gives it. */
  bufferOf(root: Tensor, plan: Plan): GPUBuffer {
    const slot = plan.get(root);
    return this.buffer(slot ?? root, slot ? slot.bytes : sizeOf(root) * 4);
  }

  /** The buffer kept under `key`, made with `bytes` bytes the first time. */
  buffer(key: Tensor | Slot | string, bytes: number): GPUBuffer {
    let buffer = this.#buffers.get(key);
    if (!buffer) {
      const label = typeof key === "string" ? key : "name" in key ? key.name : "activation";
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      buffer = this.#gpu.createBuffer({ label, size: Math.max(16, bytes), usage });
      this.#buffers.set(key, buffer);
    }
    return buffer;
  }

  /** A small buffer of constant numbers; equal ones are shared. */
  uniform(words: Uint32Array): GPUBuffer {
    const key = `shape ${words.join()}`;
    const existing = this.#buffers.get(key);
    if (existing) return existing;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.#gpu.createBuffer({ label: "shape", size: words.byteLength, usage });
    this.#gpu.queue.writeBuffer(buffer, 0, words as Uint32Array<ArrayBuffer>);
    this.#buffers.set(key, buffer);
    return buffer;
  }

  /** What to bind for an operand; an absent one gets an empty stand-in, one for reading and one for writing. */
  bindingOf(resource: Resource, options: { plan: Plan; access: Access }): GPUBindingResource {
    if (!resource) {
      return { buffer: this.buffer(options.access === "read" ? "absent operand" : "absent result", 256) };
    }
    if (isTexture(resource)) return this.textureOf(resource, options.plan).createView();
    const bytes = sizeOf(resource) * 4;
    const { offsetAlignment, maxBindingBytes } = this.#limits;
    if ((resource.offset * 4) % offsetAlignment !== 0 || bytes > maxBindingBytes) {
      throw new RangeError(
        `Cannot bind ${resource.name} (${bytes} bytes at ${
          resource.offset * 4
        }): bindings of this adapter start at ` +
          `multiples of ${offsetAlignment} bytes and hold at most ${maxBindingBytes} bytes`,
      );
    }
    return {
      buffer: this.bufferOf(rootOf(resource), options.plan),
      offset: resource.offset * 4,
      size: bytes,
    };
  }

  /** The texture, or the slot's that the plan gives it. */
  textureOf(texture: Texture, plan: Plan): GPUTexture {
    const key = plan.get(texture) ?? texture;
    let made = this.#textures.get(key);
    if (!made) {
      made = this.#gpu.createTexture({
        label: texture.source.name,
        size: [texture.width, texture.height],
        format: texture.format,
        usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
      });
      this.#textures.set(key, made);
    }
    return made;
  }

  /** Fills a texture of packed words from the host. */
  writeTexture(texture: Texture, words: Uint32Array): void {
    this.#gpu.queue.writeTexture(
      { texture: this.textureOf(texture, NO_PLAN) },
      words as Uint32Array<ArrayBuffer>,
      { bytesPerRow: texture.width * 16 },
      [texture.width, texture.height],
    );
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    for (const texture of this.#textures.values()) texture.destroy();
  }
}
