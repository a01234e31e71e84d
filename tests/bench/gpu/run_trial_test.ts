import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runTrial } from "./run_trial.ts";
import { formatLine, type Trial } from "./trial.ts";

/** A trial that runs a line of code. */
function codeTrial(code: string, changes: Partial<Trial> = {}): Trial {
  const command = [Deno.execPath(), "eval", "--no-config", code];
  return { part: "probe", name: "code", limitS: 20, command, output: "lines", ...changes };
}

const WRITE_FIGURE = `console.log('{"figure":"answer","value":42}');`;

Deno.test("runTrial() keeps the figures a trial wrote and passes over other lines", async () => {
  const { status, figures, reason } = await runTrial(codeTrial(`console.log("hello");${WRITE_FIGURE}`));
  assertEquals([status, figures, reason], ["ok", { answer: 42 }, undefined]);
});

Deno.test("runTrial() reports a crash with its signal and what was written before it", async () => {
  const { status, figures, reason } = await runTrial(
    codeTrial(`${WRITE_FIGURE} Deno.kill(Deno.pid, "SIGKILL"); await new Promise(() => {});`),
  );
  assertEquals([status, figures, reason], ["failed", { answer: 42 }, "SIGKILL"]);
});

Deno.test("runTrial() names the error that ended a program", async () => {
  const { status, reason } = await runTrial(codeTrial(`throw new Error("no such luck")`));
  assertEquals(status, "failed");
  assertStringIncludes(reason!, "exit status 1: error: Uncaught");
  assertStringIncludes(reason!, "no such luck");
});

Deno.test("runTrial() ends a trial at its limit and keeps its figures", async () => {
  const { status, figures, reason, elapsedS } = await runTrial(
    codeTrial(`${WRITE_FIGURE} await new Promise((go) => setTimeout(go, 60000));`),
    2,
  );
  assertEquals([status, figures, reason], ["timed out", { answer: 42 }, "ended after 2 s"]);
  assert(elapsedS < 15, String(elapsedS));
});

Deno.test("runTrial() reports a program that is not there", async () => {
  const { status, reason } = await runTrial(codeTrial("", { command: ["no-such-program-anywhere"] }));
  assertEquals(status, "failed");
  assertStringIncludes(reason!, "no-such-program-anywhere does not start");
});

Deno.test("runTrial() tells what a trial skipped and what it found wrong", async () => {
  const skipped = await runTrial(codeTrial(`console.log('{"skip":"no torch"}')`));
  assertEquals([skipped.status, skipped.reason], ["skipped", "no torch"]);
  const wrong = await runTrial(codeTrial(`console.log('{"error":"wrong by 3"}')`));
  assertEquals([wrong.status, wrong.reason], ["failed", "wrong by 3"]);
  const absent = await runTrial(codeTrial("", { skip: "not here", command: ["no-such-program-anywhere"] }));
  assertEquals([absent.status, absent.reason], ["skipped", "not here"]);
});

Deno.test("runTrial() counts tests and names those that failed", async () => {
  const file = await Deno.makeTempFile({ suffix: "_test.ts" });
  try {
    const code = `Deno.test("one", () => {}); Deno.test("two", () => { throw new Error("2"); });`;
    await Deno.writeTextFile(file, code);
    const command = [Deno.execPath(), "test", "-q", "--no-config", file];
    const { status, figures, reason } = await runTrial(codeTrial("", { command, output: "test report" }));
    assertEquals([status, figures], ["failed", { passed: 1, failed: 1, failures: ["two"] }]);
    assertEquals(reason, "failed: two");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("formatLine() writes numbers that JSON does not have as texts", () => {
  assertEquals(
    formatLine({ figure: "x", value: [NaN, -Infinity, 1] }),
    '{"figure":"x","value":["NaN","-Infinity",1]}',
  );
});
