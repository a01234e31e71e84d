// What moving work and bytes costs beside the work itself: readback, submit, dispatch, upload, and whether the device's
// clock counts nanoseconds.

import { type Device, openDevice } from "../../../kernels/device/device.ts";
import { openReadback } from "../../../kernels/device/readback.ts";
import loopProbe from "./loop_probe.wgsl" with { type: "text" };
import { openRawKernel, type RawKernel } from "./raw_kernel.ts";
import touchProbe from "./touch_probe.wgsl" with { type: "text" };
import { SkipTrial, type TrialContext } from "./trial.ts";

const READBACKS = 200;
const AWAITED_READBACKS = 10;
/** Workgroups of the dispatch that is timed by both clocks. */
const MOST_GROUPS = 1 << 15;

/** Records how long a few bytes take to come back, as sheepop reads them and as WebGPU's promise gives them. */
export async function probeReadback({ record, small }: TrialContext): Promise<void> {
  await using device = await openDevice();
  const { gpu } = device;
  await using readback = await openReadback(gpu, 1 << 22);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const source = gpu.createBuffer({ size: 1 << 22, usage });
  const read = (bytes: number) => readback.read(source, { offset: 0, bytes }, () => {});
  record("synchronous_ms", await medianMs(READBACKS, () => read(16)));
  const megabytes = await medianMs(small ? 5 : 20, () => read(1 << 22));
  record("read_4_mib_gb_per_second", (1 << 22) / megabytes / 1e6);
  const data = new Uint32Array(1 << 20);
  const upload = await medianMs(small ? 5 : 20, async () => {
    gpu.queue.writeBuffer(source, 0, data);
    await read(16);
  });
  record("write_4_mib_gb_per_second", (1 << 22) / upload / 1e6);
  record(
    "awaited_ms",
    await medianMs(AWAITED_READBACKS, () => gpu.queue.onSubmittedWorkDone().then(() => {})),
  );
  source.destroy();
  await device.check();
}

/** Records the cost of an empty submit, and of dispatches that wait for each other. */
export async function probeDispatch({ record, small }: TrialContext): Promise<void> {
  await using device = await openDevice();
  await using kernel = await openRawKernel(device, {
    code: touchProbe,
    kernel: "touch_probe",
    resultBytes: 16,
  });
  const idleMs = await bestMs(10, () => kernel.run({ times: 0 }));
  record("wait_ms", idleMs);
  const submits = small ? 100 : 1000;
  const submitMs = await bestMs(5, async () => {
    const startedAt = performance.now();
    for (let i = 0; i < submits; i++) device.gpu.queue.submit([device.gpu.createCommandEncoder().finish()]);
    await kernel.read();
    return performance.now() - startedAt;
  });
  record("submit_us", (submitMs - idleMs) / submits * 1000);
  const times = small ? 200 : 2000;
  const dispatchMs = await bestMs(5, () => kernel.run({ times }));
  record("dependent_dispatch_us", (dispatchMs - idleMs) / times * 1000);
  const passMs = await bestMs(3, () => passes(device, kernel, times));
  record("pass_us", passMs / times * 1000);
}

async function passes(device: Device, kernel: RawKernel, times: number): Promise<number> {
  const startedAt = performance.now();
  const encoder = device.gpu.createCommandEncoder();
  for (let i = 0; i < times; i++) encoder.beginComputePass().end();
  device.gpu.queue.submit([encoder.finish()]);
  await kernel.read();
  return performance.now() - startedAt;
}

/** Records the time of a long kernel by both clocks: the device must count nanoseconds, until the work is done. */
export async function probeTimestamps({ record }: TrialContext): Promise<void> {
  await using device = await openDevice();
  const { gpu, traits } = device;
  if (!traits.hasTimestamps) throw new SkipTrial("timestamp-query is refused");
  const kernel = await openRawKernel(device, {
    code: loopProbe,
    kernel: "loop_probe",
    resultBytes: 16,
    inputs: [Uint32Array.of(50_000, 0)],
  });
  const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
  const ticks = gpu.createBuffer({ size: 16, usage });
  const querySet = gpu.createQuerySet({ type: "timestamp", count: 2 });
  const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
  await using readback = await openReadback(gpu, 16);
  const idleMs = await bestMs(10, () => kernel.run({ times: 0 }));
  // One dispatch: an adapter that takes the time before the work is done gives itself away.
  let groups = 1;
  while (groups < MOST_GROUPS && await kernel.run({ groups }) < idleMs + 100) groups *= 2;
  const hostMs = await kernel.run({ groups, timestampWrites }) - idleMs;
  const encoder = gpu.createCommandEncoder();
  encoder.resolveQuerySet(querySet, 0, 2, ticks, 0);
  gpu.queue.submit([encoder.finish()]);
  const deviceMs = await readback.read(ticks, { offset: 0, bytes: 16 }, (data) => {
    const [start, end] = new BigUint64Array(data);
    return Number(end - start) / 1e6;
  });
  record("host_ms", hostMs);
  record("device_ms", deviceMs);
  record("device_over_host", deviceMs / hostMs);
  record("clocks_agree", deviceMs / hostMs > 0.7 && deviceMs / hostMs < 1.3);
  await kernel[Symbol.asyncDispose]();
  ticks.destroy();
  querySet.destroy();
}

async function medianMs(rounds: number, run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

async function bestMs(rounds: number, run: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < rounds; i++) best = Math.min(best, await run());
  return best;
}
