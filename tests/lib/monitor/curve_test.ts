import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { curvePath, smoothCurve } from "../../../lib/monitor/curve.ts";

const place = (x: number, y: number) => Number.isFinite(y) ? [x, y] as const : undefined;

Deno.test("smoothCurve() keeps a constant and a straight line's start, and takes out noise", () => {
  for (const value of smoothCurve(new Array(50).fill(3), 5)) assertAlmostEquals(value, 3, 1e-12);
  const line = Array.from({ length: 100 }, (_, i) => 5 - i / 20);
  const smooth = smoothCurve(line, 5);
  for (let i = 0; i < 70; i++) assertAlmostEquals(smooth[i], line[i], 1e-3);
  const noisy = smoothCurve(line.map((value, i) => value + (i % 2 ? 0.1 : -0.1)), 5);
  for (let i = 20; i < 70; i++) assertLess(Math.abs(noisy[i] - line[i]), 0.02);
});

Deno.test("smoothCurve() is the exponential moving average of both sides", () => {
  const y = [1, 2, 4, 8, 16];
  const weights = (i: number) =>
    [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((j) => ({ j, w: 0.5 ** Math.abs(i - j) }));
  const value = (j: number) => j < 0 ? 2 * y[0] - y[-j] : y[j];
  for (const [i, smooth] of smoothCurve(y, 3).entries()) {
    const terms = weights(i);
    const sum = terms.reduce((total, { j, w }) => total + w * value(j), 0);
    assertAlmostEquals(smooth, sum / terms.reduce((total, { w }) => total + w, 0), 1e-12);
  }
});

Deno.test("smoothCurve() keeps gaps and does not let them disturb their neighbours", () => {
  const smooth = smoothCurve([2, 2, NaN, 2, Infinity, 2], 3);
  assertEquals(Array.from(smooth, (value) => Math.round(value * 1e9) / 1e9), [2, 2, NaN, 2, NaN, 2]);
  assertEquals([...smoothCurve([NaN, 1], 3)], [NaN, 1]);
  assertEquals([...smoothCurve([], 3)], []);
});

Deno.test("curvePath() breaks the line at gaps and shows a point alone", () => {
  const y = [1, 2, NaN, 3, NaN, NaN, 4, 5];
  assertEquals(curvePath({ x: y.map((_, i) => i), y }, place), "M0 1L1 2M3 3h0M6 4L7 5");
  assertEquals(curvePath({ x: [], y: [] }, place), "");
  assertEquals(curvePath({ x: [1], y: [NaN] }, place), "");
});

Deno.test("curvePath() keeps the extremes of every column of pixels", () => {
  const x = Array.from({ length: 100_000 }, (_, i) => i / 1000);
  const y = x.map((_, i) => i === 50_500 ? 99 : i === 50_600 ? -99 : Math.sin(i));
  const path = curvePath({ x, y }, place);
  assert(path.includes("L50.5 99L50.6 -99"), "extremes are missing");
  assertLess(path.split("L").length, 401);
});
