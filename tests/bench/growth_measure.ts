// What growth.ts measures: the rates of the machine, then a training step and a decoded token of a size. Best of several,
// because whatever else a machine does only adds. On a software adapter the processor's time can stand for the clock's.

import process from "node:process";
import { add } from "../../kernels/add/add.ts";
import { ceilingCopy } from "../../kernels/ceiling/ceiling.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { type GpuBackend, type GpuProgram, openGpuBackend } from "../../kernels/program/gpu_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { Decoder } from "../../lib/inference/decoder.ts";
import { initializeModel, openModel } from "../../lib/model/open_model.ts";
import { measureCeilings } from "../../lib/profile/ceilings.ts";
import { syntheticBatches } from "../../lib/profile/profile_training.ts";
import { Trainer } from "../../lib/training/trainer.ts";
import { type AttentionForm, attentionFormOf } from "./growth_costs.ts";
import { specConfig, specShape, type SpecSize } from "../support/gpt_spec.ts";

/** `wall`, or `processor`: time of all threads by the number of cores, which other work disturbs little. */
export type Clock = "wall" | "processor";

/** What the prediction computes with. */
export interface Machine {
  readonly clock: Clock;
  readonly adapter: string;
  readonly kernels: "wave" | "tile" | "plain";
  /** Multiply-adds in registers, 10^9 operations a second. */
  readonly gflops: number;
  /** A product of 1024 x 768 x 512, packing left out, 10^9 operations a second. */
  readonly productGflops: number;
  /** A copy far beyond the caches, 10^9 bytes read and written a second. */
  readonly gbPerSecond: number;
  /** A dispatch that has next to nothing to compute. */
  readonly dispatchMs: number;
  /** Handing over nothing and waiting for it. */
  readonly waitMs: number;
}

/** A size, measured. */
export interface Measured {
  readonly size: SpecSize;
  readonly stepMs: number;
  readonly stepDispatches: number;
  readonly attention: AttentionForm;
  /** The last tokens of a full context, where a token was measured. */
  readonly tokenMs?: number;
  readonly tokenDispatches?: number;
  /** All buffers and textures of training. */
  readonly memoryBytes: number;
}

/** Tokens read back together. */
export const TOKENS_PER_WAIT = 24;

/** Measures the rates of the machine. */
export async function measureMachine(clock: Clock): Promise<Machine> {
  const { gflops } = await (async () => {
    await using gpu = await openGpuBackend();
    return await measureCeilings(gpu);
  })();
  await using gpu = await openGpuBackend();
  const timeOf = (tape: Tape | undefined, times: number) => timeTape(gpu, tape, { times, clock });
  const waitMs = await timeOf(undefined, 0);
  const rateOf = async (tape: Tape, work: number, times: number) => {
    return work / (await timeOf(tape, times) - waitMs) * times / 1e6;
  };
  const dispatches = await timeOf(emptyDispatches(), 1) - waitMs;
  return {
    clock,
    adapter: gpu.description,
    kernels: gpu.family,
    gflops,
    productGflops: await rateOf(product(), 2 * 1024 * 768 * 512, 8),
    gbPerSecond: await rateOf(copy(), 2 * 4 * COPY_SIZE, 4),
    dispatchMs: Math.max(0, dispatches) / DISPATCHES,
    waitMs,
  };
}

/** Operands that outlive the program are packed into textures once, and not each time. */
function product(): Tape {
  const tape = new Tape();
  const x = createTensor("x", [1024, 512], { lifetime: "parameter" });
  const w = createTensor("w", [512, 768], { lifetime: "parameter" });
  matmul(tape, x, w);
  return tape;
}

/** Floats: 32 MiB, beyond the caches of a CPU and of most GPUs. */
const COPY_SIZE = 2 ** 23;

function copy(): Tape {
  const tape = new Tape();
  const [x, y] = ["x", "y"].map((name) => createTensor(name, [COPY_SIZE]));
  ceilingCopy(tape, { x, y }, { vectors: 4 });
  return tape;
}

function emptyDispatches(): Tape {
  const tape = new Tape();
  let x = createTensor("x", [64]);
  for (let i = 0; i < DISPATCHES; i++) x = add(tape, x, x);
  return tape;
}

const DISPATCHES = 400;

/** Best time of running a program so many times and waiting for it. */
async function timeTape(
  gpu: GpuBackend,
  tape: Tape | undefined,
  options: { times: number; clock: Clock },
): Promise<number> {
  const anything = createTensor("anything", [4], { lifetime: "persistent" });
  const zeros = new Float32Array(4);
  const program = gpu.compile(tape?.calls ?? [], "rate");
  return await bestWithin(400, async () => {
    const startedAt = now(options.clock);
    gpu.write(anything, zeros);
    for (let i = 0; i < options.times; i++) program.replay();
    await gpu.read(anything);
    return now(options.clock) - startedAt;
  });
}

/** Milliseconds since some moment. */
function now(clock: Clock): number {
  if (clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 / navigator.hardwareConcurrency;
}

/** Measures a size, each part for about `budgetMs`. */
export async function measureSize(
  size: SpecSize,
  options: { budgetMs: number; withToken: boolean; clock: Clock },
): Promise<Measured> {
  await using gpu = await openGpuBackend();
  const gpt = openModel(gpu, specShape(size), { trainable: true });
  const trainer = new Trainer(gpu, gpt, specConfig(size));
  initializeModel(gpu, gpt, 1);
  const batches = syntheticBatches(size.V);
  const stepMs = await bestWithin(options.budgetMs, async () => {
    const startedAt = now(options.clock);
    trainer.queueStep(batches);
    await trainer.drain();
    return now(options.clock) - startedAt;
  });
  const programs = [trainer.programs.microStep, trainer.programs.update, gpu.refreshProgram] as GpuProgram[];
  const stepDispatches = programs.reduce((sum, { commands }) => sum + commands.length, 0);
  const attention = attentionFormOf(programs[0].commands);
  const { memoryBytes } = gpu;
  const token = options.withToken ? await measureToken(size, options) : {};
  return { size, stepMs, stepDispatches, attention, memoryBytes, ...token };
}

async function measureToken(
  size: SpecSize,
  { budgetMs, clock }: { budgetMs: number; clock: Clock },
): Promise<{ tokenMs: number; tokenDispatches: number }> {
  await using gpu = await openGpuBackend();
  const gpt = openModel(gpu, specShape(size), { trainable: false, inPieces: true });
  initializeModel(gpu, gpt, 1);
  const decoder = new Decoder(gpu, gpt);
  const prompt = new Uint32Array(decoder.capacity - TOKENS_PER_WAIT - 1);
  const control = { temperature: 1, topK: 0, topP: 1, seed: 1, stream: 0 };
  const tokenMs = await bestWithin(budgetMs, async () => {
    decoder.start(prompt, control);
    await decoder.decode(1);
    const startedAt = now(clock);
    await decoder.decode(TOKENS_PER_WAIT);
    return (now(clock) - startedAt) / TOKENS_PER_WAIT;
  });
  return { tokenMs, tokenDispatches: (decoder.program as GpuProgram).commands.length };
}

/** The first round compiles, the second warms up; then at least two, and more while there is time, count. */
async function bestWithin(budgetMs: number, measure: () => Promise<number>): Promise<number> {
  for (let warm = 0; warm < 2; warm++) await measure();
  let best = Infinity;
  const startedAt = performance.now();
  for (let round = 0; round < 2 || performance.now() - startedAt < budgetMs; round++) {
    best = Math.min(best, await measure());
  }
  return best;
}

/** What a machine showed at the better of two times. */
export function bestMachine(a: Machine, b: Machine): Machine {
  return {
    ...b,
    gflops: Math.max(a.gflops, b.gflops),
    productGflops: Math.max(a.productGflops, b.productGflops),
    gbPerSecond: Math.max(a.gbPerSecond, b.gbPerSecond),
    dispatchMs: Math.min(a.dispatchMs, b.dispatchMs),
    waitMs: Math.min(a.waitMs, b.waitMs),
  };
}
