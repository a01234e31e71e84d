// A report as growth.ts would write it, with round numbers, for the tests of what is made of it.

import { GROWTH_AXES, sizeAt } from "./growth_axes.ts";
import type { Measured } from "./growth_measure.ts";
import type { AxisReport, GrowthReport } from "./growth_report.ts";

/** Steps that take 2 ms, tokens that take 1 ms, times the value of their axis. */
export function madeUpGrowth(): GrowthReport {
  const kernel = { kernel: "matmul_wave", dispatches: 4, ms: 2, flops: 1e8, bytes: 4e6 };
  return {
    machine: {
      clock: "wall",
      adapter: "made up",
      kernels: "wave",
      gflops: 100,
      productGflops: 50,
      gbPerSecond: 10,
      dispatchMs: 0.01,
      waitMs: 0.1,
    },
    load: [0.5, 1],
    axes: Object.fromEntries(GROWTH_AXES.map((axis): [string, AxisReport] => {
      const at = (value: number): Measured => ({
        size: sizeAt(axis, value),
        stepMs: 2 * value,
        stepDispatches: 100,
        attention: "flash",
        memoryBytes: 2 ** 30,
        ...(axis.withToken ? { tokenMs: value, tokenDispatches: 20 } : {}),
      });
      return [axis.name, { points: axis.values.map(at), ...(axis.odd ? { odd: at(axis.odd) } : {}) }];
    })),
    kernels: { size: GROWTH_AXES[0].base, step: [kernel], token: [kernel] },
  };
}
