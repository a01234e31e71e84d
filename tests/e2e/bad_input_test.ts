// What a user can get wrong: each time one line on standard error, exit status 2, and nothing written half.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openRunLock } from "../../lib/checkpoint/run_lock.ts";
import { listTree, type ProgramOptions, runProgram, withFolder } from "../support/program.ts";
import { TINY_FILES, tinyFlags } from "../support/tiny_corpus.ts";

const CPU = tinyFlags({ device: "reference" });

interface Refusal {
  readonly message: RegExp;
  readonly status?: number;
  /** Whole results of earlier stages that may appear. */
  readonly mayWrite?: RegExp;
}

/** Runs the program and checks that it refuses, in one line, and leaves the folder as it was. */
async function assertRefused(args: readonly string[], options: ProgramOptions & Refusal): Promise<void> {
  const { cwd, message, status = 2, mayWrite = /^$/ } = options;
  const before = await listTree(cwd);
  const { code, stderr } = await runProgram(args, options);
  assertEquals(code, status, stderr);
  assertMatch(stderr, /^sheepop: Cannot [^\n]+\n$/);
  assertMatch(stderr, message);
  const after = await listTree(cwd);
  const changed = new Set([...before.keys(), ...after.keys()]).difference(
    new Set([...before.keys()].filter((path) => {
      return after.get(path) === before.get(path);
    })),
  );
  // A lock is a file that stays, and what parsing gave is kept for the next run.
  const stays = /(?:^|\/)(?:\.lock|[^/]*\.lock|parsed\.sqlite(?:-wal|-shm)?)$/;
  assertEquals(
    [...changed].filter((path) => !stays.test(path) && (before.has(path) || !mayWrite.test(path))),
    [],
  );
}

/** Text and token files that are complete, with the locks of their folders. */
const WHOLE_CACHE = /^cache\/($|(text|tokens)\/($|\.lock$|[0-9a-f]{12}\/))/;

Deno.test("sheepop train refuses a path that does not exist and a folder without files", async () => {
  await withFolder({}, async (cwd) => {
    await assertRefused(["train", "nowhere", ...CPU], {
      cwd,
      message: /nowhere: no such file or folder; .*data\.paths/,
    });
    await Deno.mkdir(join(cwd, "texts"));
    for (const command of ["ingest", "tokenize"]) {
      await assertRefused([command, "texts", "--output-dir", "cache"], {
        cwd,
        message: /text to learn from in texts/,
      });
    }
    await assertRefused(["train", "texts", ...CPU], {
      cwd,
      message: /text to learn from in texts: .*; give data\.paths/,
    });
  });
});

Deno.test("sheepop train refuses data that is no text, each with its reason", async () => {
  const files = {
    "empty/nothing.txt": "",
    "binary/picture.txt": Uint8Array.from({ length: 4096 }, (_, i) => i * 7 % 256),
    "short/word.txt": "wool",
  };
  await withFolder(files, async (cwd) => {
    await assertRefused(["train", "empty", ...CPU], { cwd, message: /in empty: .*empty/ });
    await assertRefused(["train", "binary", ...CPU], {
      cwd,
      message: /in binary: .*not text/,
      mayWrite: WHOLE_CACHE,
    });
    await assertRefused(["train", "short", ...CPU], {
      cwd,
      message: /in short: .*short/,
      mayWrite: WHOLE_CACHE,
    });
  });
});

Deno.test("sheepop train passes over a folder that holds itself, and refuses one with nothing else", async () => {
  await withFolder({ "loop/inner/a.md": "" }, async (cwd) => {
    await Deno.symlink(join(cwd, "loop"), join(cwd, "loop/inner/again"));
    await assertRefused(["train", "loop", ...CPU], { cwd, message: /in loop: .*symbolic link loop/ });
    await Deno.writeTextFile(join(cwd, "loop/inner/a.md"), TINY_FILES["texts/hill.txt"]);
    const { code, stdout } = await runProgram(["train", "loop", ...CPU], { cwd });
    assertEquals(code, 0);
    assertStringIncludes(stdout, "Files: 1 read, 1 left out,");
  });
});

/** Makes a file unreadable for who runs the tests; for root, another user runs the program. */
async function unreadableWrapper(): Promise<readonly string[] | undefined> {
  if (Deno.build.os === "windows") return undefined;
  if (Deno.uid() !== 0) return [];
  const wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  // That user must be able to run this Deno, and to start it again from there.
  const spawn = "Deno.exit(new Deno.Command(Deno.execPath(), { args: ['--version'] }).outputSync().code)";
  const works = await new Deno.Command(wrapper[0], {
    args: [...wrapper.slice(1), Deno.execPath(), "eval", "--no-config", spawn],
    env: { DENO_DIR: "/nonexistent" },
  }).output().then(({ success }) => success, () => false);
  return works ? wrapper : undefined;
}

const WRAPPER = await unreadableWrapper();

Deno.test({
  name: "sheepop train passes over a file it may not read, and refuses where there is no other",
  ignore: WRAPPER === undefined,
  fn: async () => {
    await withFolder(TINY_FILES, async (cwd) => {
      const hill = join(cwd, "texts/hill.txt");
      await Deno.chmod(cwd, 0o777);
      await Deno.chmod(hill, 0o000);
      const options = { cwd, wrapper: WRAPPER, env: { HOME: cwd, DENO_DIR: join(cwd, "deno") } };
      const mayWrite = /^deno\//;
      await assertRefused(["train", "texts/hill.txt", ...CPU], {
        ...options,
        message: /permission denied/i,
        mayWrite,
      });
      const { code, stdout, stderr } = await runProgram(
        ["ingest", "texts", "--output-dir", "cache"],
        options,
      );
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, "Files: 4 seen, 3 ok, 0 partial, 0 skipped, 1 failed");
      assertMatch(stdout, /1 +permission denied/);
      await Deno.chmod(hill, 0o644);
    });
  },
});

Deno.test("sheepop train refuses flags, keys, values and variables that do not exist", async () => {
  await withFolder({ ...TINY_FILES, "wrong.yaml": "model:\n  d_modl: 3\n" }, async (cwd) => {
    const refused = (args: string[], message: RegExp) =>
      assertRefused(["train", "texts", ...args], { cwd, message });
    await refused(["--d-modle", "16"], /--d-modle.*--d-model/);
    await refused(["--d-model", "many"], /--d-model.*many/);
    await refused(["--num-heads", "3"], /\d channels into 3 heads/);
    await refused(["--config", "wrong.yaml"], /wrong\.yaml.*d_modl.*d_model/);
    await refused(["--config", "missing.yaml"], /missing\.yaml/);
    const env = { SHEEPOP_D_MODLE: "3" };
    await assertRefused(["train"], { cwd, env, message: /SHEEPOP_D_MODLE.*SHEEPOP_D_MODEL/ });
    await assertRefused(["trian"], { cwd, message: /trian.*train/ });
  });
});

Deno.test("sheepop train refuses windows longer than the data and another vocabulary", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    const refused = (changes: Record<string, number>, message: RegExp) =>
      assertRefused(["train", "texts", ...tinyFlags({ device: "reference", ...changes })], {
        cwd,
        message,
        mayWrite: WHOLE_CACHE,
      });
    await refused({ "vocab-size": 99 }, /model\.vocab_size 99: .* set it to 0/);
    await refused({ "max-seq-len": 100_000 }, /model\.max_seq_len/);
  });
});

Deno.test("sheepop train refuses to continue what is not there, is not a run or has no whole checkpoint", async () => {
  await withFolder({ ...TINY_FILES, "other/notes.txt": "no run" }, async (cwd) => {
    await assertRefused(["train", "--resume", "nowhere"], { cwd, message: /resume.*nowhere/ });
    await assertRefused(["train", "--resume"], { cwd, message: /resume.*data\/runs\/default/ });
    await assertRefused(["train", "--resume", "other"], { cwd, message: /resume.*other/ });
    assertEquals((await runProgram(["train", "texts", ...CPU], { cwd })).code, 0);
    for (const { name } of Deno.readDirSync(join(cwd, "run/checkpoints"))) {
      await Deno.truncate(join(cwd, "run/checkpoints", name, "model.safetensors"), 10);
    }
    await assertRefused(["train", "--resume", "run"], { cwd, message: /none of its \d verifies/ });
    await assertRefused(["generate", "--run-dir", "run"], { cwd, message: /none of its \d verifies/ });
  });
});

Deno.test("sheepop train refuses a folder of another run, a locked one, and changed data or model on resume", async () => {
  await withFolder(TINY_FILES, async (cwd) => {
    assertEquals((await runProgram(["train", "texts", ...CPU], { cwd })).code, 0);
    const refused = (args: string[], message: RegExp, status?: number) =>
      assertRefused(["train", ...args], { cwd, message, status, mayWrite: WHOLE_CACHE });
    const other = tinyFlags({ device: "reference", "learning-rate": 0.01 });
    await refused(
      ["texts", ...other],
      /run at step 6 of 6 with another training\.learning_rate, continue it with --resume/,
    );
    await refused(["--resume", "run", "--d-model", "32"], /model\.d_model is 32 and the run has 16/);
    {
      using _lock = openRunLock(join(cwd, "run"));
      await refused(["--resume", "run"], new RegExp(`locked by pid ${Deno.pid}`), 5);
    }
    await Deno.writeTextFile(join(cwd, "texts/more.txt"), "Ein Schaf trägt größere Füße.\n".repeat(9));
    await refused(["--resume", "run"], /data or vocabulary changed .*restore the files/);
    await refused(["texts", ...CPU], /holds a run at step 6/);
  });
});

Deno.test({
  name: "sheepop refuses to go on without an adapter, and says what to install",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await withFolder(TINY_FILES, async (cwd) => {
      const env = {
        DENO_WEBGPU_BACKEND: "vulkan",
        VK_DRIVER_FILES: "/nonexistent",
        VK_ICD_FILENAMES: "/nonexistent",
      };
      const message = /no WebGPU adapter answers, install .*mesa-vulkan-drivers.* --device reference/;
      await assertRefused(["train", "texts", ...tinyFlags()], { cwd, env, message, mayWrite: WHOLE_CACHE });
      assert(!(await listTree(cwd)).has("run/"), "no run is begun");
      const onCpu = await runProgram(["train", "texts", ...CPU], { cwd, env });
      assertEquals(onCpu.code, 0, `the CPU needs none: ${onCpu.stderr}`);
      await assertRefused(["generate", "--run-dir", "run"], { cwd, env, message });
      await assertRefused(["doctor"], { cwd, env, message });
    });
  },
});
