// Reads a GPU buffer without waiting for the event loop. Deno polls the device to the end inside mapAsync() and only
// then sleeps 10 ms before the promise settles, so the bytes are already there when the call returns. A buffer whose
// first mapping is still pending makes getMappedRange() abort the process, hence the priming in openReadback().
// Engines that do otherwise throw there, and the promise is awaited as the specification says.

export interface Readback extends AsyncDisposable {
  /** Copies `bytes` of `source` from `offset` (multiples of 4) and hands the mapped copy to `use`. */
  read<T>(
    source: GPUBuffer,
    range: { offset: number; bytes: number },
    use: (data: ArrayBuffer) => T,
  ): Promise<T>;
}

/** @param bytes size of the staging buffer; larger reads go through it in pieces by the caller */
export async function openReadback(gpu: GPUDevice, bytes: number): Promise<Readback> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = gpu.createBuffer({ label: "readback", size: bytes, usage });
  await staging.mapAsync(GPUMapMode.READ, 0, 8);
  staging.getMappedRange(0, 8);
  staging.unmap();
  const pending = new Set<Promise<void>>();
  return {
    async read<T>(
      source: GPUBuffer,
      range: { offset: number; bytes: number },
      use: (data: ArrayBuffer) => T,
    ): Promise<T> {
      const encoder = gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(source, range.offset, staging, 0, range.bytes);
      gpu.queue.submit([encoder.finish()]);
      const mapped = staging.mapAsync(GPUMapMode.READ, 0, range.bytes);
      const settled = mapped.catch(() => {}).finally(() => pending.delete(settled));
      pending.add(settled);
      let data: ArrayBuffer;
      try {
        data = staging.getMappedRange(0, range.bytes);
      } catch {
        await mapped;
        data = staging.getMappedRange(0, range.bytes);
      }
      try {
        return use(data);
      } finally {
        staging.unmap();
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.allSettled(pending);
      staging.destroy();
    },
  };
}
