// The command as a user calls it.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openTestGpu } from "../support/gpu.ts";
import { runSheepop, withFolder } from "./_sheepop.ts";

const TINY = "--d-model 16 --num-layers 1 --num-heads 2 --max-seq-len 16 --batch-size 2 --vocab-size 17"
  .split(" ");
const QUICK = ["--rounds", "1", "--steps", "1"];

async function hasGpu(): Promise<boolean> {
  const gpu = await openTestGpu();
  await gpu?.[Symbol.asyncDispose]();
  return gpu !== undefined;
}

Deno.test("sheepop profile prints both tables and writes what it is asked for", async () => {
  if (!await hasGpu()) return;
  await withFolder({}, async (folder) => {
    const files = ["--json", "profile.json", "--svg", "profile.svg"];
    const { code, stdout, stderr } = await runSheepop(["profile", ...TINY, ...QUICK, ...files], {
      cwd: folder,
    });
    assertEquals(code, 0, stderr);
    // A slow machine is told before how far it is.
    assertMatch(stderr, /(?:^|\n)Written: profile\.json\nWritten: profile\.svg\n$/);
    assertMatch(stdout, /^Ceilings +compute [\d.,]+ GFLOP\/s/m);
    assertMatch(stdout, /^Training step: 2 sequences of 16 tokens$/m);
    assertMatch(stdout, /^adamw_update +1 +[\d.]+ +[\d.]+ % /m);
    assertMatch(stdout, /^cached_attention_forward +1 /m);
    assertEquals(stdout.match(/^all .* 100\.0 % /mg)?.length, 2);
    const report = JSON.parse(await Deno.readTextFile(join(folder, "profile.json")));
    assertEquals([report.shape.vocab_size, report.step.tokens, report.token.tokens], [17, 32, 1]);
    assert(report.step.rows.every((row: { ms: number; bytes: number }) => row.ms >= 0 && row.bytes > 0));
    const svg = await Deno.readTextFile(join(folder, "profile.svg"));
    assertStringIncludes(svg, "<title>adamw_update");
  });
});

Deno.test("sheepop profile takes the model of a run", async () => {
  if (!await hasGpu()) return;
  await withFolder({ "notes.txt": "Sheep sleep under the old oak tree.\n".repeat(40) }, async (folder) => {
    const run = ["--run-dir", "run", "--max-steps", "2", "--sample-tokens", "0", "--no-plots"];
    const model = TINY.slice(0, -2);
    const trained = await runSheepop(["train", "notes.txt", ...model, ...run], { cwd: folder });
    assertEquals(trained.code, 0, trained.stderr);
    const args = ["profile", "--checkpoint", "run", ...QUICK, "--only", "token", "--by", "operation"];
    const { code, stdout } = await runSheepop(args, { cwd: folder });
    assertEquals(code, 0);
    assertMatch(stdout, /1 layer, 2 heads, width 16, context 16, vocabulary \d+\n/);
    assertMatch(stdout, /^ +cached_attention +1 /m);
    assert(!stdout.includes("Training step"));
  });
});

Deno.test("sheepop profile refuses what it cannot do before it measures", async () => {
  const cases: [string[], string][] = [
    [
      ["--by", "kernels"],
      "Cannot use --by kernels: it must be kernel or shape or operation; did you mean kernel?",
    ],
    [["--only", "steps"], "Cannot use --only steps: it must be step or token; did you mean step?"],
    [["--svg", "no/such/x.svg"], "Cannot write --svg no/such/x.svg: there is no folder no/such"],
    [["--checkpoint", "nowhere"], "Cannot load a checkpoint from nowhere"],
    [["--device", "reference"], "Cannot profile the reference"],
  ];
  await withFolder({}, async (folder) => {
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await runSheepop(["profile", ...args], { cwd: folder });
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, message);
      assertEquals(stderr.trimEnd().split("\n").length, 1);
    }
  });
});
