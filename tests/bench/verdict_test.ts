import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Comparison, Outcome } from "./comparison.ts";
import { judge, median, verdictOf } from "./verdict.ts";

const COMPARISON: Comparison = {
  title: "work",
  unit: "pieces/s",
  figureOf: (unitMs) => 1000 / unitMs,
  contenders: ["ours", "slow", "absent"].map((name) => ({
    name,
    launch: () => Promise.resolve({ reason: "", remedy: "" }),
  })),
  bars: [],
  rounds: 3,
};

const OUTCOMES: Outcome[] = [
  {
    name: "ours",
    rounds: [{ unitMs: [10, 11, 30], counts: { submits: 3 } }, { unitMs: [8] }, { unitMs: [20, 20] }],
    facts: { adapter: "x", firstUnitMs: 1, losses: [5.5, 5.25], tokens: [1, 2, 3] },
  },
  {
    name: "slow",
    rounds: [{ unitMs: [100] }, { unitMs: [110] }, { unitMs: [80] }],
    facts: { adapter: "x", firstUnitMs: 1, losses: [5.5, 5.2505], tokens: [1, 2, 4, 5] },
  },
  { name: "absent", rounds: [], skip: { reason: "not there", remedy: "bring it" } },
];

Deno.test("median() takes the middle of an unsorted list", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(median([100, 9]), 54.5);
});

Deno.test("judge() takes the median of the rounds' medians and the best unit", () => {
  const { contenders } = judge(COMPARISON, OUTCOMES);
  assertAlmostEquals(contenders[0].figure!.median, 1000 / 11);
  assertAlmostEquals(contenders[0].figure!.best, 1000 / 8);
});

Deno.test("judge() divides ours by theirs, median by median and best by best", () => {
  const { contenders } = judge(COMPARISON, OUTCOMES);
  assertEquals(contenders[0].ratio, undefined);
  assertAlmostEquals(contenders[1].ratio!.median, 100 / 11);
  assertAlmostEquals(contenders[1].ratio!.best, 80 / 8);
});

Deno.test("judge() divides the ratio by the processors that each kept busy", () => {
  const busy = (cores: number[]) => cores.map((cores) => ({ unitMs: [10], cores }));
  const outcomes = [
    { ...OUTCOMES[0], rounds: busy([0.5, 0.4, 0.9]) },
    { ...OUTCOMES[1], rounds: busy([2, 1.5, 1]) },
    { ...OUTCOMES[2], rounds: [{ unitMs: [10] }] },
  ];
  const { contenders } = judge(COMPARISON, outcomes);
  assertEquals(contenders.map(({ cores }) => cores), [0.5, 1.5, undefined]);
  assertEquals(contenders.map(({ ratioPerCore }) => ratioPerCore), [undefined, 3, undefined]);
});

Deno.test("judge() names a skipped peer and does not judge by it", () => {
  const { contenders, bars } = judge({ ...COMPARISON, bars: [{ against: "absent", atLeast: 1 }] }, OUTCOMES);
  assertEquals(contenders[2].skip?.reason, "not there");
  assertEquals([contenders[2].figure, contenders[2].ratio], [undefined, undefined]);
  assertEquals(bars[0].verdict, "not measured");
});

Deno.test("judge() counts a bar as missed when ours cannot run", () => {
  const outcomes = [
    { name: "ours", rounds: [], skip: { reason: "too large", remedy: "" } },
    ...OUTCOMES.slice(1),
  ];
  const { bars, contenders } = judge({
    ...COMPARISON,
    bars: [{ atLeast: 1 }, { against: "slow", atLeast: 1 }, { atMost: 2 }],
  }, outcomes);
  assertEquals(bars.map(({ verdict }) => verdict), ["missed", "missed", "missed"]);
  assertEquals(bars[2].text, "<= 2 pieces/s");
  assertEquals(contenders[1].ratio, undefined);
});

Deno.test("judge() holds ratios, figures and counts against their bars", () => {
  const bars = [
    { against: "slow", atLeast: 9.05 },
    { against: "slow", atLeast: 9.5 },
    { against: "slow", atLeast: 10.5 },
    { atLeast: 90 },
    { atMost: 90 },
    { count: "submits", atMost: 1, perMs: 0.1 },
    { count: "submits", atMost: 1, perMs: 0.2 },
    { count: "unknown", atMost: 1 },
  ];
  const results = judge({ ...COMPARISON, bars }, OUTCOMES).bars;
  assertEquals(results.map(({ verdict }) => verdict), [
    "reached",
    "edge",
    "missed",
    "reached",
    "missed",
    "missed",
    "reached",
    "not measured",
  ]);
  assertEquals(results[0].text, ">= 9.05 x slow");
  assertEquals(results[3].text, ">= 90 pieces/s");
  // The median unit of ours took 15.5 ms.
  assertEquals(results[6].text, "<= 4.1 submits");
});

Deno.test("verdictOf() is at the edge when median and best say different things", () => {
  assertEquals(verdictOf({ median: 4, best: 2 }, { atMost: 3 }), "edge");
  assertEquals(verdictOf({ median: 3, best: 2 }, { atMost: 3 }), "reached");
  assertEquals(verdictOf({ median: 4, best: 3.5 }, { atMost: 3 }), "missed");
  assertEquals(verdictOf(undefined, { atMost: 3 }), "not measured");
  assertEquals(verdictOf({ median: NaN, best: NaN }, { atMost: 3 }), "not measured");
});

Deno.test("judge() says how far losses and tokens agree", () => {
  const { notes } = judge(COMPARISON, OUTCOMES);
  assertEquals(notes, [
    "losses of warm-up 5.5000, 5.2500: the others' differ by at most 5e-4",
    "slow generates other tokens from number 3 of 3 on",
  ]);
});

Deno.test("judge() takes each contender's own arithmetic where they differ", () => {
  const contenders = COMPARISON.contenders.map((contender, i) => ({ ...contender, flops: (i + 1) * 1e6 }));
  const figureOf: Comparison["figureOf"] = (unitMs, { flops = NaN }) => flops / unitMs / 1e6;
  const result = judge({ ...COMPARISON, contenders, figureOf }, OUTCOMES);
  assertAlmostEquals(result.contenders[0].figure!.best, 1 / 8);
  assertAlmostEquals(result.contenders[1].figure!.best, 2 / 80);
});
