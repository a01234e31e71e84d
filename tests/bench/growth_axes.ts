// Along which sizes growth.ts measures, what the cost model predicts there, and the exponents of both.

import type { SpecSize } from "../support/gpt_spec.ts";
import { type Cost, costsOf, sizesOf, STEP_COSTS, TOKEN_COSTS } from "./growth_costs.ts";
import { type Machine, type Measured, TOKENS_PER_WAIT } from "./growth_measure.ts";

/** One letter grows, the others stay. */
export interface GrowthAxis {
  readonly name: string;
  readonly letter: "L" | "C" | "T" | "B" | "V";
  readonly base: SpecSize;
  readonly values: readonly number[];
  /** A token is decoded alone: its cost does not depend on every letter. */
  readonly withToken: boolean;
  /** A value beside the last one that is no multiple of 4, for which fewer kernels are made. */
  readonly odd?: number;
}

const BASE: SpecSize = { L: 2, H: 4, C: 128, T: 128, B: 4, V: 256 };

export const GROWTH_AXES: readonly GrowthAxis[] = [
  { name: "layers", letter: "L", base: BASE, values: [1, 2, 4, 8], withToken: true },
  { name: "width", letter: "C", base: BASE, values: [64, 128, 256, 512], withToken: true },
  {
    name: "context",
    letter: "T",
    base: BASE,
    values: [32, 64, 128, 256, 512, 1024],
    withToken: true,
  },
  { name: "batch", letter: "B", base: BASE, values: [1, 2, 4, 8, 16], withToken: false },
  {
    name: "vocabulary",
    letter: "V",
    base: { L: 1, H: 2, C: 64, T: 64, B: 4, V: 256 },
    values: [64, 256, 1024, 4096, 16384, 50304],
    withToken: true,
    odd: 50257,
  },
];

/** Channels of a head, whatever the width. */
const HEAD = 32;

/** The size at one value of an axis. */
export function sizeAt({ base, letter }: GrowthAxis, value: number): SpecSize {
  const size = { ...base, [letter]: value };
  return { ...size, H: size.C / HEAD };
}

/** Predicted milliseconds and what they are made of. */
export interface Prediction {
  readonly ms: number;
  /** Operations that products stop. */
  readonly productMs: number;
  /** Operations that wait for memory. */
  readonly memoryMs: number;
  /** Dispatches, and waiting for the result. */
  readonly dispatchMs: number;
}

/** The prediction for a step. */
export function predictStep(machine: Machine, point: Measured): Prediction {
  const { size, stepDispatches, attention } = point;
  const costs = costsOf(STEP_COSTS, sizesOf(size), { family: machine.kernels, attention });
  return predict(machine, costs, { dispatches: stepDispatches, waits: 1 });
}

/** The prediction for one of the last tokens of a context. */
export function predictToken(machine: Machine, point: Measured): Prediction {
  const { size, tokenDispatches = 0, attention } = point;
  const costs = costsOf(TOKEN_COSTS, sizesOf(size), { family: machine.kernels, attention });
  return predict(machine, costs, { dispatches: tokenDispatches, waits: 1 / TOKENS_PER_WAIT });
}

/** Products at the rate of products or of copies, whichever is slower, the rest at that of copies. */
export function predict(
  machine: Machine,
  costs: readonly Cost[],
  { dispatches, waits }: { dispatches: number; waits: number },
): Prediction {
  let [productMs, memoryMs] = [0, 0];
  for (const { flops, bytes, isProduct } of costs) {
    const copying = bytes / machine.gbPerSecond / 1e6;
    if (isProduct) productMs += Math.max(copying, flops / machine.productGflops / 1e6);
    else memoryMs += copying;
  }
  const dispatchMs = dispatches * machine.dispatchMs + waits * machine.waitMs;
  return { ms: productMs + memoryMs + dispatchMs, productMs, memoryMs, dispatchMs };
}

/**
 * The exponent p of y ~ x^p: the slope of the line of least squares through the logarithms.
 *
 * @throws {RangeError} when there are fewer than two different x, or a number is not above 0
 */
export function growthExponent(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const [meanU, meanV] = [mean(u), mean(v)];
  const slope = mean(u.map((value, i) => (value - meanU) * (v[i] - meanV))) /
    mean(u.map((value) => (value - meanU) ** 2));
  if (!Number.isFinite(slope)) {
    throw new RangeError(
      `Cannot find the exponent of ${y} over ${x}: need two different x and numbers above 0`,
    );
  }
  return slope;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Exponent over the last three points, where what does not grow matters least. */
export function endExponent(x: readonly number[], y: readonly number[]): number {
  return growthExponent(x.slice(-3), y.slice(-3));
}
