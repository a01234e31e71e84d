// The open command buffer of a device: commands and uploads in the order they came. It is submitted when its estimated
// time reaches `segmentMs`, so that no submit keeps the device busy for long, and the estimate is corrected by what the
// submits between two reads really took.

import { type Command, encodeCopy, encodeDispatch, isCopy } from "./command.ts";

/** Most bytes an upload takes through the command buffer. */
export const STAGING_BYTES = 1 << 22;

/** Cost of a dispatch beside its arithmetic, in floating-point operations. */
const DISPATCH_COST = 1e6;

export class CommandQueue {
  /** Command buffers handed to the device so far. */
  submits = 0;
  /** Time spent in handing them over, ms. A software adapter computes in it. */
  submitMs = 0;
  readonly #gpu: GPUDevice;
  readonly #segmentMs: number;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pendingCost = 0;
  /** Cost per ms, measured between reads. */
  #rate: number;
  #costSinceRead = 0;
  #firstSubmitAt = 0;
  #upload: GPUBuffer | undefined;
  #uploadOffset = 0;

  /** @param options.rate floating-point operations per ms to begin with */
  constructor(gpu: GPUDevice, options: { segmentMs: number; rate: number }) {
    this.#gpu = gpu;
    this.#segmentMs = options.segmentMs;
    this.#rate = options.rate;
  }

  /** Bytes of the upload buffer. */
  get bytes(): number {
    return this.#upload?.size ?? 0;
  }

  encode(commands: readonly Command[]): void {
    for (const command of commands) {
      this.#encoder ??= this.#gpu.createCommandEncoder();
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

  /** Overwrites part of a buffer after everything encoded before, from byte `start`. */
  write(target: GPUBuffer, start: number, data: Float32Array | Uint32Array): void {
    const bytes = data as Float32Array<ArrayBuffer>;
    const isStaged = this.#encoder !== undefined && data.byteLength <= STAGING_BYTES;
    if (!isStaged || this.#uploadOffset + data.byteLength > STAGING_BYTES) this.flush();
    if (!this.#encoder) return this.#gpu.queue.writeBuffer(target, start, bytes);
    // Commands encoded before must see the old contents: go through the upload buffer, in order.
    this.#upload ??= this.#gpu.createBuffer({
      label: "upload",
      size: STAGING_BYTES,
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.#gpu.queue.writeBuffer(this.#upload, this.#uploadOffset, bytes);
    this.#endPass();
    this.#encoder.copyBufferToBuffer(this.#upload, this.#uploadOffset, target, start, data.byteLength);
    this.#uploadOffset += data.byteLength;
  }

  /** Hands queued work to the device now. */
  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    const startedAt = performance.now();
    if (this.#costSinceRead === 0) this.#firstSubmitAt = startedAt;
    this.#gpu.queue.submit([this.#encoder.finish()]);
    this.submits++;
    this.submitMs += performance.now() - startedAt;
    this.#costSinceRead += this.#pendingCost;
    this.#pendingCost = 0;
    this.#uploadOffset = 0;
    this.#encoder = undefined;
  }

  /** To be called when everything submitted has run. */
  learnRate(): void {
    if (this.#costSinceRead === 0) return;
    const elapsedMs = performance.now() - this.#firstSubmitAt;
    // A first run also compiles: it may not slow the rate down by more than half.
    this.#rate = Math.max(this.#rate / 2, this.#costSinceRead / elapsedMs);
    this.#costSinceRead = 0;
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#upload?.destroy();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
