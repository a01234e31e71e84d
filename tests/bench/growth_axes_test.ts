import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { endExponent, GROWTH_AXES, growthExponent, predict, predictStep, sizeAt } from "./growth_axes.ts";
import { madeUpGrowth } from "./made_up_growth.ts";

Deno.test("growthExponent() finds the exponent of a power", () => {
  const x = [1, 2, 5, 10];
  for (const exponent of [0, 1, 1.5, -2]) {
    assertAlmostEquals(growthExponent(x, x.map((value) => 7 * value ** exponent)), exponent, 1e-12);
  }
});

Deno.test("growthExponent() is the slope of least squares where points scatter", () => {
  const y = [Math.E ** 0.1, Math.E ** 0.8, Math.E ** 2.1];
  assertAlmostEquals(growthExponent([1, Math.E, Math.E ** 2], y), 1, 1e-12);
});

for (const [x, y] of [[[2, 2], [1, 3]], [[1], [1]], [[1, 2], [0, 1]]]) {
  Deno.test(`growthExponent() refuses ${y} over ${x}`, () => {
    assertThrows(() => growthExponent(x, y), RangeError, "Cannot find the exponent");
  });
}

Deno.test("endExponent() is that of the last three points", () => {
  assertAlmostEquals(endExponent([1, 2, 4, 8, 16], [100, 100, 4, 8, 16]), 1, 1e-12);
  assertAlmostEquals(endExponent([1, 2], [1, 4]), 2, 1e-12);
});

Deno.test("sizeAt() changes one letter and keeps 32 channels a head", () => {
  for (const axis of GROWTH_AXES) {
    for (const value of axis.values) {
      const size = sizeAt(axis, value);
      assertEquals(size.C / size.H, 32);
      assertEquals({ ...size, [axis.letter]: 0, H: 0 }, { ...axis.base, [axis.letter]: 0, H: 0 });
    }
  }
});

Deno.test("predict() takes products by the slower of two rates, the rest by copies, and adds dispatches", () => {
  const { machine } = madeUpGrowth();
  const cost = { operation: "", key: "", isProduct: true };
  const costs = [
    { ...cost, flops: 50e6, bytes: 1e6 }, // 1 ms, for memory 0.1 ms
    { ...cost, flops: 50e6, bytes: 30e6 }, // 3 ms for memory
    { ...cost, flops: 1e9, bytes: 20e6, isProduct: false },
  ];
  const { ms, ...parts } = predict(machine, costs, { dispatches: 100, waits: 0.5 });
  assertEquals(parts, { productMs: 4, memoryMs: 2, dispatchMs: 1.05 });
  assertAlmostEquals(ms, 7.05, 1e-12);
});

Deno.test("predictStep() grows with every size", () => {
  const { machine, axes } = madeUpGrowth();
  for (const { points } of Object.values(axes)) {
    const times = points.map((point) => predictStep(machine, point).ms);
    assertEquals(times, times.toSorted((a, b) => a - b));
  }
});
