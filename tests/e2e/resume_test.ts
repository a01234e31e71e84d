import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { type Outcome, runProgram, startProgram, withFolder } from "../support/program.ts";
import { openTestGpu } from "../support/gpu.ts";
import { TINY_FILES, tinyFlags } from "../support/tiny_corpus.ts";

/** The real GPU path where there is one. */
const DEVICE = await hasGpu() ? "auto" : "reference";

async function hasGpu(): Promise<boolean> {
  await using gpu = await openTestGpu();
  return gpu !== undefined;
}

/** Rows and checkpoints do not depend on where the run stops: a constant rate, and everything at every step. */
function flags(changes: Record<string, string | number>): string[] {
  const same = { device: DEVICE, dropout: 0.1, "gradient-accumulation-steps": 2, schedule: "constant" };
  return ["texts", ...tinyFlags({ "eval-interval": 1, ...same, ...changes })];
}

async function train(cwd: string, ...flags: string[]): Promise<Outcome> {
  const outcome = await runProgram(["train", ...flags], { cwd });
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

async function fileOf(folder: string, run: string, name: string): Promise<Uint8Array> {
  return await Deno.readFile(join(folder, run, "checkpoints", name));
}

/** Lines of metrics.jsonl without what depends on the clock. */
async function metricsOf(folder: string, run: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(folder, run, "metrics.jsonl"));
  return text.replaceAll(/"(tokens_per_second|elapsed_ms)":[^,}]+/g, '"$1":0').split("\n");
}

async function assertSameEnd(folder: string, run: string, last: string): Promise<void> {
  for (const name of ["model.safetensors", "optimizer.safetensors"]) {
    const [actual, expected] = [
      await fileOf(folder, run, `${last}/${name}`),
      await fileOf(folder, "run", `${last}/${name}`),
    ];
    assert(actual.length > 1000);
    assertEquals(actual, expected, `${name} of ${run}`);
  }
  assertEquals(await metricsOf(folder, run), await metricsOf(folder, "run"));
}

Deno.test("sheepop train --resume, in a new process, leaves the bytes of a run that was not interrupted", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    // 50 windows of 32 tokens, 4 a step: the thirteenth step crosses the end of the epoch.
    const shape = { "max-seq-len": 32, "save-interval": 5 };
    await train(cwd, ...flags({ ...shape, "max-steps": 15 }));
    for (const stop of [1, 7, 12]) {
      const run = `run-${stop}`;
      await train(cwd, ...flags({ ...shape, "run-dir": run, "max-steps": stop }));
      const { stdout } = await train(cwd, "--resume", run, "--max-steps", "15");
      assertMatch(stdout, new RegExp(`from step ${stop},`));
      await assertSameEnd(cwd, run, "step-00000015");
    }
  });
});

Deno.test("sheepop train killed at any moment and resumed ends with the bytes of a run that was not", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    const intervals = { "max-steps": 40, "eval-interval": 4, "save-interval": 4 };
    await train(cwd, ...flags(intervals));
    for (const round of [1, 2]) {
      const run = `killed-${round}`;
      const running = startProgram(["train", ...flags({ ...intervals, "run-dir": run })], { cwd });
      await running.sees("saved");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      running.process.kill("SIGKILL");
      await running.ends();
      await train(cwd, "--resume", run);
      await assertSameEnd(cwd, run, "step-00000040");
      const names = [...Deno.readDirSync(join(cwd, run, "checkpoints"))].map(({ name }) => name);
      assert(names.every((name) => name.startsWith("step-")), names.join());
    }
  });
});

Deno.test("sheepop train --resume removes what a killed save left", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    await train(cwd, ...flags({ "max-steps": 2 }));
    const half = join(cwd, "run/checkpoints/.tmp-3-3999999-0123abcd");
    await Deno.mkdir(half);
    await train(cwd, "--resume", "run", "--max-steps", "3");
    const names = [...Deno.readDirSync(join(cwd, "run/checkpoints"))].map(({ name }) => name).sort();
    assertEquals(names.filter((name) => !name.startsWith("step-")), []);
  });
});

Deno.test("sheepop train --resume takes the newest checkpoint that is whole, and says so", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    await train(cwd, ...flags({ "max-steps": 6 }));
    await Deno.rename(join(cwd, "run"), join(cwd, "broken"));
    await train(cwd, ...flags({ "max-steps": 6 }));
    const weights = join(cwd, "broken/checkpoints/step-00000006/model.safetensors");
    const bytes = await Deno.readFile(weights);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(weights, bytes);
    const { stdout } = await train(cwd, "--resume", "broken");
    assertMatch(
      stdout,
      /^Warning: Checkpoint broken\/checkpoints\/step-00000006 is damaged and was passed over: /m,
    );
    assertMatch(stdout, /from step [45],/);
    await assertSameEnd(cwd, "broken", "step-00000006");
  });
});
