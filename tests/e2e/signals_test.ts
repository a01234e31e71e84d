import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { listCheckpoints, loadCheckpoint } from "../../lib/checkpoint/checkpoint.ts";
import { readMetrics } from "../../lib/monitor/metrics.ts";
import { runProgram, startProgram, withFolder } from "../support/program.ts";
import { TINY_FILES, tinyFlags } from "../support/tiny_corpus.ts";

const isWindows = Deno.build.os === "windows";

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `sheepop train saves a checkpoint at ${signal}, says how to go on and ends with status ${code}`,
    ignore: isWindows,
    fn: async () => {
      await withFolder(TINY_FILES, async (cwd) => {
        const endless = {
          device: "reference",
          "max-steps": 100_000,
          "eval-interval": 100,
          "save-interval": 100_000,
        };
        const running = startProgram(["train", "texts", ...tinyFlags(endless)], { cwd });
        await running.sees("validation loss");
        running.process.kill(signal);
        const outcome = await running.ends();
        assertEquals(outcome.code, code, outcome.stderr);
        const [{ step }] = await listCheckpoints(join(cwd, "run"));
        assert(step >= 100);
        assertMatch(
          outcome.stderr,
          new RegExp(`^${signal}: saving a checkpoint, a second signal exits at once$`, "m"),
        );
        const advice = `^Stopped at step ${step}; continue with: sheepop train --resume run$`;
        assertMatch(outcome.stderr, new RegExp(advice, "m"));
        assertEquals((await loadCheckpoint(join(cwd, "run"))).step, step);
        assertEquals(
          (await readMetrics(join(cwd, "run"))).filter(({ kind }) => kind === "train").at(-1)!.step,
          step,
        );
        const resumed = await runProgram(["train", "--resume", "run", "--max-steps", String(step + 1)], {
          cwd,
        });
        assertEquals(resumed.code, 0, resumed.stderr);
        assertMatch(resumed.stdout, new RegExp(`from step ${step},`));
      });
    },
  });
}

Deno.test({
  name: "sheepop train exits at once at a second signal, and the run before it is whole",
  ignore: isWindows,
  fn: async () => {
    await withFolder(TINY_FILES, async (cwd) => {
      // Steps of seconds on the reference: the first signal waits for the end of one.
      const slow = {
        device: "reference",
        "d-model": 128,
        "num-layers": 8,
        "max-seq-len": 128,
        "batch-size": 8,
        "max-steps": 1000,
      };
      const running = startProgram(["train", "texts", ...tinyFlags(slow)], { cwd });
      await running.sees("Model:");
      await new Promise((resolve) => setTimeout(resolve, 100));
      running.process.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 200));
      const signalledAt = performance.now();
      running.process.kill("SIGINT");
      const outcome = await running.ends();
      assert(performance.now() - signalledAt < 1500, `ended after ${performance.now() - signalledAt} ms`);
      assertEquals(outcome.code, 130, outcome.stderr);
      assert(!outcome.stderr.includes("Stopped at step"), outcome.stderr);
      assertEquals(await listCheckpoints(join(cwd, "run")), []);
    });
  },
});

Deno.test({
  name: "sheepop generate ends with status 130 at SIGINT, with the text so far",
  ignore: isWindows,
  fn: async () => {
    await withFolder(TINY_FILES, async (cwd) => {
      const learned = { device: "reference", "max-steps": 60, "learning-rate": 1e-2, "save-interval": 60 };
      await runProgram(["train", "texts", ...tinyFlags(learned)], { cwd });
      // The likeliest text goes round in circles and never ends.
      const flags = [
        "--run-dir",
        "run",
        "--device",
        "reference",
        "--temperature",
        "0",
        "--max-new-tokens",
        "1000000",
      ];
      const running = startProgram([
        "generate",
        "--prompt",
        "The sheep",
        ...flags,
        "--tokens-per-readback",
        "1",
      ], { cwd });
      await running.sees("The sheep");
      await new Promise((resolve) => setTimeout(resolve, 300));
      running.process.kill("SIGINT");
      const outcome = await running.ends();
      assertEquals([outcome.code, outcome.stderr.includes("error")], [130, false], outcome.stderr);
      assertMatch(outcome.stdout, /^The sheep[^]*\n$/);
    });
  },
});
