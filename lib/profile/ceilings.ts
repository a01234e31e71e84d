// How fast this adapter can compute and move memory at all: the best of a kernel that only multiplies and
// adds and of one that only copies. A kernel of the model is judged by its share of them, not by the data
// sheet of the machine.

import { ceilingCopy, type CeilingElement, multiplyAdd } from "../../kernels/ceiling/ceiling.ts";
import type { GpuBackend } from "../../kernels/program/gpu_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";

/** What an adapter reaches at best. */
export interface Ceilings {
  /** f32 multiply-adds in registers, 10^9 floating-point operations a second; a multiply-add counts two. */
  readonly gflops: number;
  /** The same in f16; undefined where the adapter has no shader-f16. */
  readonly f16Gflops: number | undefined;
  /** A copy from buffer to buffer far larger than caches: 10^9 bytes read and written a second. */
  readonly gbPerSecond: number;
}

/**
 * Invocations of a dispatch, each of four elements: from what fills a few cores to what fills a large GPU.
 */
const INVOCATIONS = [10, 12, 14, 16, 18, 20].map((power) => 2 ** power);
const ITERATIONS = 2000;

/** A dispatch this long is measured well, and a longer one would hold the screen up. */
const LONG_ENOUGH_MS = 20;
/** A dispatch is repeated this often and this long: on a busy CPU some of many short ones run undisturbed. */
const ROUNDS = { fewest: 5, most: 200, ms: 150 };

/**
 * Bytes of a copied buffer: beyond the caches of every GPU so far; CPUs have smaller ones, and take longer.
 */
const COPY_BYTES = { gpu: 128 * 2 ** 20, cpu: 32 * 2 ** 20 };

/**
 * Measures what the adapter reaches at best; takes about a second.
 *
 * @param gpu its storage keeps two buffers of up to 128 MiB until it is closed
 * @returns the best of several sizes and rounds
 */
export async function measureCeilings(gpu: GpuBackend): Promise<Ceilings> {
  return {
    gflops: await arithmeticCeiling(gpu, "f32"),
    f16Gflops: gpu.device.traits.hasF16 ? await arithmeticCeiling(gpu, "f16") : undefined,
    gbPerSecond: await memoryCeiling(gpu),
  };
}

async function arithmeticCeiling(gpu: GpuBackend, element: CeilingElement): Promise<number> {
  const terms = createTensor("terms", [8], { lifetime: "persistent" });
  // A sum converges to 1 whatever it starts from: no subnormal number slows it down.
  gpu.write(terms, Float32Array.of(0.75, 0.75, 0.75, 0.75, 0.25, 0.25, 0.25, 0.25));
  let best = 0;
  for (const invocations of INVOCATIONS) {
    const tape = new Tape();
    const [x, y] = ["x", "y"].map((name) => createTensor(name, [invocations, 4]));
    multiplyAdd(tape, { x, terms, y }, { iterations: ITERATIONS, element });
    const { ms, flops } = await bestTime(gpu, tape);
    best = Math.max(best, flops / ms / 1e6);
    if (ms > LONG_ENOUGH_MS) break;
  }
  return best;
}

async function memoryCeiling(gpu: GpuBackend): Promise<number> {
  const wanted = gpu.device.traits.isSoftware ? COPY_BYTES.cpu : COPY_BYTES.gpu;
  const bytes = Math.min(wanted, gpu.maxArenaElements * 4);
  const elements = Math.floor(bytes / 16) * 4;
  let best = 0;
  for (const vectors of [1, 4]) {
    const tape = new Tape();
    const [x, y] = ["x", "y"].map((name) => createTensor(name, [elements]));
    ceilingCopy(tape, { x, y }, { vectors });
    const { ms } = await bestTime(gpu, tape);
    best = Math.max(best, 2 * elements * 4 / ms / 1e6);
  }
  return best;
}

/** Time of the only dispatch of a program; the first round compiles and is no better than the others. */
async function bestTime(gpu: GpuBackend, tape: Tape): Promise<{ ms: number; flops: number }> {
  const program = gpu.compile(tape.calls, "ceiling");
  let ms = Infinity;
  const startedAt = performance.now();
  for (let round = 0; round < ROUNDS.most; round++) {
    if (round >= ROUNDS.fewest && performance.now() - startedAt > ROUNDS.ms) break;
    const [nanoseconds] = await gpu.time(program);
    if (nanoseconds > 0) ms = Math.min(ms, nanoseconds / 1e6);
  }
  return { ms, flops: program.commands[0].flops };
}
