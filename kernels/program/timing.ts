// How long each dispatch of a program takes on the device: by timestamp queries on a GPU. Software adapters stamp a pass
// before its work is done, so there each dispatch is submitted alone and waited for, less the time of an empty wait.

import type { Readback } from "../device/readback.ts";
import { type Command, encodeAlone } from "./command.ts";

/** Dispatches per query set. */
const BATCH = 1024;

/** @returns nanoseconds per command */
export async function timeCommands(
  gpu: GPUDevice,
  readback: Readback,
  options: {
    commands: readonly Command[];
    byTimestamps: boolean;
    /** Told before each command that is waited for. */
    onCommand?: (index: number) => void;
  },
): Promise<Float64Array> {
  const { commands, byTimestamps } = options;
  const nanoseconds = new Float64Array(commands.length);
  const ticks = gpu.createBuffer({
    label: "ticks",
    size: BATCH * 16,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    if (!byTimestamps) return await timeByWaiting(gpu, readback, { ...options, anyBuffer: ticks });
    for (let start = 0; start < commands.length; start += BATCH) {
      const part = commands.slice(start, start + BATCH);
      nanoseconds.set(await timeByTimestamps(gpu, readback, { commands: part, ticks }), start);
    }
    return nanoseconds;
  } finally {
    ticks.destroy();
  }
}

async function timeByTimestamps(
  gpu: GPUDevice,
  readback: Readback,
  options: { commands: readonly Command[]; ticks: GPUBuffer },
): Promise<Float64Array> {
  const { commands, ticks } = options;
  const count = commands.length * 2;
  const querySet = gpu.createQuerySet({ type: "timestamp", count });
  const encoder = gpu.createCommandEncoder();
  commands.forEach((command, i) => {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
    encodeAlone(encoder, command, timestampWrites);
  });
  encoder.resolveQuerySet(querySet, 0, count, ticks, 0);
  gpu.queue.submit([encoder.finish()]);
  const nanoseconds = await readback.read(ticks, { offset: 0, bytes: count * 8 }, (data) => {
    const stamps = new BigUint64Array(data);
    return Float64Array.from(commands, (_, i) => Number(stamps[2 * i + 1] - stamps[2 * i]));
  });
  querySet.destroy();
  return nanoseconds;
}

async function timeByWaiting(
  gpu: GPUDevice,
  readback: Readback,
  options: { commands: readonly Command[]; anyBuffer: GPUBuffer; onCommand?: (index: number) => void },
): Promise<Float64Array> {
  const wait = () => readback.read(options.anyBuffer, { offset: 0, bytes: 8 }, () => {});
  const measure = async (command?: Command) => {
    await wait();
    const startedAt = performance.now();
    if (command) {
      const encoder = gpu.createCommandEncoder();
      encodeAlone(encoder, command);
      gpu.queue.submit([encoder.finish()]);
    }
    await wait();
    return performance.now() - startedAt;
  };
  let empty = Infinity;
  for (let i = 0; i < 10; i++) empty = Math.min(empty, await measure());
  const nanoseconds = new Float64Array(options.commands.length);
  for (const [i, command] of options.commands.entries()) {
    options.onCommand?.(i);
    nanoseconds[i] = Math.max(0, await measure(command) - empty) * 1e6;
  }
  return nanoseconds;
}
