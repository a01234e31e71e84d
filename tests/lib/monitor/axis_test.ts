import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatMeasure, formatNumber, makeAxis } from "../../../lib/monitor/axis.ts";

function labels(
  min: number,
  max: number,
  options: { tickCount?: number; isLog?: boolean; isWhole?: boolean } = {},
) {
  return makeAxis({ min, max, tickCount: 5, ...options }).ticks.map(({ label }) => label);
}

Deno.test("makeAxis() puts linear ticks at round numbers in one notation", () => {
  assertEquals(labels(0, 300, { tickCount: 6 }), ["0", "50", "100", "150", "200", "250", "300"].slice(0, 7));
  assertEquals(labels(1.4, 3.7), ["1.5", "2.0", "2.5", "3.0", "3.5"]);
  assertEquals(labels(0, 1e-3, { tickCount: 2 }), ["0", "0.0005", "0.0010"]);
  assertEquals(labels(0, 1.2e-4), ["0", "2.5e\u22125", "5e\u22125", "7.5e\u22125", "1e\u22124"]);
  assertEquals(labels(-1, 1), ["\u22121.0", "\u22120.5", "0", "0.5", "1.0"]);
  assertEquals(labels(0, 100_000), ["0", "20k", "40k", "60k", "80k", "100k"]);
  assertEquals(labels(0, 4000), ["0", "1,000", "2,000", "3,000", "4,000"]);
});

Deno.test("makeAxis() puts ticks at whole numbers where x counts", () => {
  assertEquals(labels(0.5, 1.5, { isWhole: true, tickCount: 10 }), ["1"]);
  assertEquals(labels(0.5, 3.5, { isWhole: true, tickCount: 10 }), ["1", "2", "3"]);
  assertEquals(labels(0, 23, { isWhole: true, tickCount: 10 }), ["0", "5", "10", "15", "20"]);
});

Deno.test("makeAxis() chooses log ticks for decades, parts of one and narrow ranges", () => {
  assertEquals(labels(1e-3, 1e3, { isLog: true }), ["0.001", "0.01", "0.1", "1", "10", "100", "1,000"]);
  assertEquals(labels(0.2, 30, { isLog: true }), ["0.3", "1", "3", "10", "30"]);
  assertEquals(labels(1, 12, { isLog: true }), ["1", "3", "10"]);
  assertEquals(labels(2, 2.4, { isLog: true }), ["2", "2.1", "2.2", "2.3", "2.4"]);
  assert(labels(1e-30, 1e30, { isLog: true }).length <= 9);
});

Deno.test("makeAxis() places values as fractions, and none that a log axis cannot show", () => {
  const axis = makeAxis({ min: 1, max: 100, isLog: true, tickCount: 3 });
  assertEquals([axis.position(1), axis.position(10), axis.position(100)], [0, 0.5, 1]);
  for (const value of [0, -1, NaN, Infinity]) assertEquals(axis.position(value), NaN);
  assertEquals(makeAxis({ min: -2, max: 2, tickCount: 3 }).position(1), 0.75);
});

Deno.test("makeAxis() ends, with finite ticks inside the range, whatever the range", () => {
  const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 });
  fc.assert(
    fc.property(anyNumber, anyNumber, fc.boolean(), fc.boolean(), (a, b, isLog, isNear) => {
      const first = isLog ? Math.abs(a) + 1e-100 : a;
      const second = isNear ? first * (1 + Number.EPSILON) : isLog ? Math.abs(b) + 1e-100 : b;
      const axis = makeAxis({
        min: Math.min(first, second),
        max: Math.max(first, second),
        isLog,
        tickCount: 5,
      });
      assert(axis.ticks.length <= 12, `${axis.ticks.length} ticks`);
      for (const { value, label } of axis.ticks) {
        assert(axis.position(value) > -0.01 && axis.position(value) < 1.01, label);
        assert(!label.includes("NaN"), label);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("formatNumber() writes few characters and formatMeasure() four digits", () => {
  const numbers = [0, 1500, 123_456, 4_096_000, 0.05, 2e-5, -3, 1e9, 12.5];
  const expected = ["0", "1,500", "123.456k", "4.096M", "0.05", "2e\u22125", "\u22123", "1B", "12.5"];
  assertEquals(numbers.map(formatNumber), expected);
  assertEquals([1.42, 0.095312, 1234.56, 0.00012346].map(formatMeasure), [
    "1.420",
    "0.09531",
    "1,235",
    "0.0001235",
  ]);
});
