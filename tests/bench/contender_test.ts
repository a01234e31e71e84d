import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compare, type Comparison } from "./comparison.ts";
import { type Contender, type OpenContender, openContender, parseAnswer, reasonOf } from "./contender.ts";

/** A contender that is a script of a line. */
function contender(name: string, script: string): Contender {
  return {
    name,
    launch: () => Promise.resolve({ program: Deno.execPath(), args: ["eval", "--no-lock", script] }),
  };
}

/** Says it is ready, then counts up from `first`. */
function counting(first: number, options: { rounds: number }): string {
  return `
    let unit = ${first};
    console.log("a framework says hello");
    console.log(JSON.stringify({ ready: { adapter: "none", firstUnitMs: 1 } }));
    for await (const _ of Deno.stdin.readable) {
      if (unit === ${first + options.rounds}) throw new RangeError("no more");
      console.log(JSON.stringify({ round: { unitMs: [unit++] } }));
    }`;
}

Deno.test("openContender() asks a process for one round after the other", async () => {
  await using open = await openContender(contender("counter", counting(5, { rounds: 9 }))) as OpenContender;
  assertEquals(open.facts, { adapter: "none", firstUnitMs: 1 });
  assertEquals(await open.round(), { unitMs: [5] });
  assertEquals(await open.round(), { unitMs: [6] });
});

Deno.test("openContender() says why a process did not get ready", async () => {
  const skip = await openContender(contender("broken", `throw new TypeError("no such device")`));
  assertStringIncludes((skip as { reason: string }).reason, "TypeError: no such device");
});

Deno.test("openContender() hands on why a contender was not started", async () => {
  const skip = { reason: "python3 has no torch", remedy: "install it" };
  assertEquals(await openContender({ name: "torch", launch: () => Promise.resolve(skip) }), skip);
});

Deno.test("an open contender fails when its process ends within a round", async () => {
  await using open = await openContender(contender("counter", counting(1, { rounds: 1 }))) as OpenContender;
  await open.round();
  await assertRejects(() => open.round(), Error, "no more");
});

Deno.test("compare() lets contenders run in turn and keeps the rounds of one that fails", async () => {
  const order: string[] = [];
  const comparison: Comparison = {
    title: "counting",
    unit: "units",
    figureOf: (unitMs) => unitMs,
    contenders: [
      contender("lasting", counting(10, { rounds: 9 })),
      contender("failing", counting(20, { rounds: 1 })),
      { name: "absent", launch: () => Promise.resolve({ reason: "absent", remedy: "none" }) },
    ],
    bars: [],
    rounds: 3,
  };
  const outcomes = await compare(comparison, (text) => order.push(text));
  assertEquals(outcomes.map(({ rounds }) => rounds.flatMap(({ unitMs }) => unitMs)), [
    [10, 11, 12],
    [20],
    [],
  ]);
  assertEquals(outcomes[0].skip, undefined);
  assertStringIncludes(outcomes[1].skip!.reason, "no more");
  assertEquals(outcomes[2].skip?.reason, "absent");
  assertEquals(order.filter((text) => text.startsWith("round")), [
    "round 1 of 3: lasting",
    "round 1 of 3: failing",
    "round 2 of 3: lasting",
    "round 2 of 3: failing",
    "round 3 of 3: lasting",
  ]);
});

Deno.test("parseAnswer() takes answers and leaves what frameworks print", () => {
  assertEquals(parseAnswer(`{"ready":{"adapter":"x"}}`), { ready: { adapter: "x" } });
  assertEquals(parseAnswer(`{"unrelated":1}`), undefined);
  assertEquals(parseAnswer("{broken"), undefined);
  assertEquals(parseAnswer("hello"), undefined);
});

Deno.test("reasonOf() finds the line that names the error", () => {
  const python =
    "Traceback (most recent call last):\n  File \"x.py\", line 1\nModuleNotFoundError: No module named 'torch'\n";
  assertEquals(reasonOf(python), "ModuleNotFoundError: No module named 'torch'");
  assertEquals(
    reasonOf("\x1b[31merror\x1b[0m: npm package not found\n    at file.ts:1\n"),
    "error: npm package not found",
  );
  assertEquals(reasonOf("something went wrong\n\n"), "something went wrong");
  assertEquals(reasonOf(""), "");
});
