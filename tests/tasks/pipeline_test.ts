// The order of the stages and the one configuration they share; the commands themselves are stubs.

import { assertEquals, assertRejects } from "@std/assert";
import { runPipeline } from "../../tasks/pipeline.ts";

Deno.test("runPipeline() hands every flag to all stages in one file and removes it", async () => {
  const calls: string[][] = [];
  const status = await runPipeline(["--max-steps", "5"], async (args) => {
    calls.push([...args]);
    if (args[0] === "config") await Deno.writeTextFile(args[2], "");
    return 0;
  });
  assertEquals(status, 0);
  const file = calls[0][2];
  assertEquals(calls, [
    ["config", "init", file, "--max-steps", "5"],
    ["ingest", "--config", file],
    ["tokenize", "--config", file],
    ["train", "--config", file],
    ["plot", "--config", file],
  ]);
  await assertRejects(() => Deno.stat(file), Deno.errors.NotFound);
});

Deno.test("runPipeline() ends at the first command that fails, with its status", async () => {
  for (const [failing, numCalls] of [["config", 1], ["tokenize", 3]] as const) {
    let calls = 0;
    const status = await runPipeline([], (args) => {
      calls++;
      return Promise.resolve(args[0] === failing ? 4 : 0);
    });
    assertEquals([status, calls], [4, numCalls]);
  }
});
