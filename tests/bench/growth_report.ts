// Everything growth.ts measured, as docs/performance/growth.json keeps it.

import type { SpecSize } from "../support/gpt_spec.ts";
import type { Machine, Measured } from "./growth_measure.ts";

/** Kernels of a step or token, slowest first, shapes and phases folded. */
export interface KernelShare {
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
}

/** The points of one axis. */
export interface AxisReport {
  readonly points: readonly Measured[];
  readonly odd?: Measured;
}

export interface GrowthReport {
  readonly machine: Machine;
  /** Load average when it began and when it ended: above 1.5 other work spoils times. */
  readonly load: readonly [number, number];
  /** By name of the axis. */
  readonly axes: Readonly<Record<string, AxisReport>>;
  readonly kernels: {
    readonly size: SpecSize;
    readonly step: readonly KernelShare[];
    readonly token: readonly KernelShare[];
  };
}
