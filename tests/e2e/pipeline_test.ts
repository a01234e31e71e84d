import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { formatConfigYaml } from "../../lib/config/config_text.ts";
import { openTestGpu } from "../support/gpu.ts";
import { listTree, runProgram, startProgram, withFolder } from "../support/program.ts";
import { TINY_FILES, tinyFlags, tinyRunConfig } from "../support/tiny_corpus.ts";

/** Runs a command line that must succeed. */
async function sheepop(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(args, { cwd });
  assertEquals(code, 0, stderr);
  return stdout;
}

/** Files of the results, but not the locks, which hold the number of a process. */
async function resultsIn(folder: string): Promise<[string, string][]> {
  return [...await listTree(folder)].filter(([path]) => !path.endsWith(".lock"));
}

Deno.test("the stages one by one: each prints what it did and does nothing the second time", async () => {
  await withFolder({
    ...TINY_FILES,
    "sheepop.yaml": formatConfigYaml(tinyRunConfig("."), { comments: false }),
  }, async (cwd) => {
    const stages = [
      { args: ["ingest", "texts"], first: /^Written: cache\/text\//m, again: /^Up to date: cache\/text\//m },
      {
        args: ["tokenize", "texts"],
        first: /^Written: cache\/tokens\//m,
        again: /^Up to date: cache\/tokens\//m,
      },
      {
        args: ["train", "texts"],
        first: /saved run\/checkpoints\/step-00000006$/m,
        again: /^Up to date: trained 6 /m,
      },
      { args: ["plot"], first: /^Wrote run\/training_curve\.svg$/m, again: /^Up to date: run$/m },
    ];
    for (const { args, first } of stages) assertMatch(await sheepop(cwd, ...args), first, args[0]);
    const before = await resultsIn(cwd);
    for (const { args, again } of stages) assertMatch(await sheepop(cwd, ...args), again, args[0]);
    assertEquals(await resultsIn(cwd), before, "not a file was touched");
    const text = await sheepop(cwd, "generate", "--prompt", "The sheep", "--max-new-tokens", "8");
    assertMatch(text, /^The sheep[^]+\n$/);
    assertEquals(await sheepop(cwd, "generate", "--prompt", "The sheep", "--max-new-tokens", "8"), text);
    assertEquals(await resultsIn(cwd), before, "generating writes nothing");
  });
});

Deno.test("sheepop train alone: from files to text, a falling loss, plots, a checkpoint and a sample", async () => {
  await using gpu = await openTestGpu();
  const device = gpu ? "auto" : "reference";
  await withFolder(TINY_FILES, async (cwd) => {
    const changes = {
      device,
      "max-steps": 60,
      "learning-rate": 1e-2,
      "sample-tokens": 20,
      "save-interval": 30,
    };
    const flags = tinyFlags({ ...changes, plots: true, "eval-interval": 30, "batch-size": 4 });
    const stdout = await sheepop(cwd, "train", "texts", ...flags, "--sample-prompt", "The ");
    const patterns = [
      /^Files: 3 read, 1 left out, \d+ documents, .* KiB$/,
      /^Tokens: [\d,]+ to learn from, [\d,]+ to measure with, vocabulary \d+$/,
      /^Model: [\d,]+ parameters on .+$/,
      /^Run: 60 steps of 64 tokens, \d\.\d epochs, into run$/,
      /^step 30: validation loss \d\.\d+, perplexity [\d.]+, \d\.\d+ bits\/byte, best so far$/,
      /^step 30: saved run\/checkpoints\/step-00000030$/,
      /^step 60: validation loss /,
      /^step 60: saved run\/checkpoints\/step-00000060$/,
      /^Plots: run\/training_curve\.svg, run\/loss_by_epoch\.svg$/,
      /^A sample, continuing "The ":$/,
    ];
    let from = 0;
    const lines = stdout.split("\n");
    for (const pattern of patterns) {
      const at = lines.findIndex((line, i) => i >= from && pattern.test(line));
      assert(at >= 0, `${pattern} is missing in order from:\n${stdout}`);
      from = at + 1;
    }
    assertStringIncludes(await Deno.readTextFile(join(cwd, "run/sample.txt")), "The ");
    const losses = (await Deno.readTextFile(join(cwd, "run/metrics.jsonl"))).trim().split("\n")
      .map((line) => JSON.parse(line)).filter(({ kind }) => kind === "train").map(({ loss }) => loss);
    assertEquals(losses.length, 60);
    assert(losses[59] < losses[0] - 2, `from ${losses[0]} to ${losses[59]}`);
    const summary = JSON.parse(await Deno.readTextFile(join(cwd, "run/metrics.json")));
    assertEquals([summary.steps, summary.tokens], [60, 3840]);
    const config = JSON.parse(await Deno.readTextFile(join(cwd, "run/config.json")));
    assertEquals(config.training.maxSteps ?? config.training.max_steps, 60);
    const before = await resultsIn(cwd);
    assertMatch(
      await sheepop(cwd, "train", "texts", ...flags, "--sample-prompt", "The "),
      /^Up to date: trained 60 /m,
    );
    assertEquals(await resultsIn(cwd), before);
  });
});

Deno.test("sheepop train --epochs counts passes over the training split", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    const flags = tinyFlags({ device: "reference" });
    flags.splice(flags.indexOf("--max-steps"), 2);
    assertMatch(
      await sheepop(cwd, "train", "texts", ...flags, "--epochs", "0.2"),
      /, 0\.2 epochs, into run$/m,
    );
    assertMatch(await sheepop(cwd, "train", "texts", ...flags, "--epochs", "0.2"), /^Up to date: /m);
  });
});

Deno.test("sheepop takes the command lines of SheepOp", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    const flags = tinyFlags({ device: "reference" });
    await Deno.writeTextFile(
      join(cwd, "config.json"),
      JSON.stringify({ device: "reference", training: { save_dir: "run" } }),
    );
    const tiny = [...flags];
    for (const name of ["--run-dir", "--device"]) tiny.splice(tiny.indexOf(name), 2);
    await sheepop(cwd, "train", "--data", "texts", "--config", "config.json", ...tiny);
    await sheepop(
      cwd,
      "train",
      "--data",
      "texts",
      "--resume",
      "run",
      "--device",
      "reference",
      "--max-steps",
      "7",
    );
    const args = [
      "--checkpoint",
      "run",
      "--prompt",
      "The sheep",
      "--max-length",
      "12",
      "--temperature",
      "0.9",
    ];
    const more = ["--top-k", "20", "--top-p", "0.9", "--optimized", "--device", "reference"];
    const { code, stdout, stderr } = await runProgram(["generate", ...args, ...more], { cwd });
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /^sheepop: --optimized: the KV cache is always on/);
    assertMatch(stdout, /^The sheep[^]*\n$/);
  });
});

Deno.test("a reader that goes away ends generate with status 0 and does not disturb train", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    const flags = tinyFlags({ device: "reference", "max-steps": 40, "sample-tokens": 5, plots: true });
    const training = startProgram(["train", "texts", ...flags], { cwd, readsOutput: false });
    const trained = await training.ends();
    assertEquals([trained.code, trained.stderr], [0, ""]);
    const names = [...Deno.readDirSync(join(cwd, "run"))].map(({ name }) => name);
    for (const name of ["metrics.json", "sample.txt", "training_curve.svg"]) {
      assert(names.includes(name), name);
    }
    const long = [
      "--run-dir",
      "run",
      "--device",
      "reference",
      "--max-new-tokens",
      "1000000",
      "--temperature",
      "0",
    ];
    const generating = startProgram(["generate", "--prompt", "The ", ...long], { cwd, readsOutput: false });
    const generated = await generating.ends();
    assertEquals([generated.code, generated.stderr], [0, ""]);
  });
});
