import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openTestGpu } from "../support/gpu.ts";
import { type Outcome, runProgram, withFolder } from "../support/program.ts";
import { TINY_FILES, tinyFlags } from "../support/tiny_corpus.ts";

const MODEL = ["--d-model", "8", "--num-layers", "1", "--num-heads", "2", "--max-seq-len", "16"];

Deno.test("sheepop tune measures, remembers, shows and forgets; doctor and train know of it", async () => {
  const gpu = await openTestGpu();
  await gpu?.[Symbol.asyncDispose]();
  if (!gpu) return;
  await withFolder(TINY_FILES, async (cwd) => {
    const env = { XDG_CACHE_HOME: join(cwd, "caches") };
    const sheepop = async (...args: string[]): Promise<Outcome> => {
      const outcome = await runProgram(args, { cwd, env });
      assertEquals(outcome.code, 0, outcome.stderr);
      return outcome;
    };
    const doctor = async (...args: string[]) =>
      /^Tuning +(.*)$/m.exec((await sheepop("doctor", ...args)).stdout)![1];

    assertEquals((await sheepop("tune", "--show")).stdout, "Nothing is remembered: sheepop tune measures\n");

    const { stdout } = await sheepop("tune", ...MODEL, "--batch-size", "1", "--vocab-size", "9");
    const [, count] = /^(\d+) products on /.exec(stdout)!;
    assert(Number(count) > 5, stdout);
    assertMatch(
      stdout,
      /^\w+ NN 16x24x8\n(?: {2}\S+ +[\d.]+ ms .*\n)*? {2}\S+ +[\d.]+ ms +[\d.,]+ GFLOP\/s {2}chosen/m,
    );
    assertMatch(stdout, new RegExp(`^${count} products`, "m"));
    const path = /^Remembered in (.*)$/m.exec(stdout)![1];
    assertStringIncludes(path, env.XDG_CACHE_HOME);

    assertEquals(await doctor(), `${count} products measured, in ${path}`);
    assertMatch(
      (await sheepop("tune", "--show")).stdout,
      new RegExp(`: .*, ${count} products, by sheepop \\d`),
    );

    await Deno.writeTextFile(path, "{}");
    assertStringIncludes(await doctor(), "is not used: it is damaged");
    const flags = tinyFlags({ device: "auto", "max-steps": 1 });
    const { stdout: said, stderr } = await sheepop("train", "texts", ...flags);
    assertMatch(said + stderr, /^Warning: What was measured in .* is not used: it is damaged: .*$/m);

    assertEquals((await sheepop("tune", "--clear")).stdout, `Removed ${path}\n`);
    assertEquals((await sheepop("tune", "--clear")).stdout, "Nothing was remembered\n");
    const note = await runProgram(["tune", "--clear", "--tuning", "texts/notes.md"], { cwd, env });
    assertMatch(note.stderr, /^sheepop: Cannot clear texts\/notes\.md: it holds no measurements/);
    const off = await runProgram(["tune", "--tuning", "off"], { cwd, env });
    assertEquals([off.code, off.stdout], [2, ""]);
    assertMatch(off.stderr, /^sheepop: Cannot tune with resources\.tuning = off: [^\n]+\n$/);
  });
});
