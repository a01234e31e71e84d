import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { listCheckpoints, loadCheckpoint, saveCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { openRunLock } from "../../../lib/checkpoint/run_lock.ts";
import {
  CHECKPOINT_FILES,
  makeCheckpoint,
  namesIn,
  openTestFolder,
  stepPath,
} from "./_checkpoint_fixture.ts";

Deno.test("loadCheckpoint() gives back what saveCheckpoint() was given", async () => {
  await using folder = await openTestFolder();
  const saved = makeCheckpoint(500);
  const path = await saveCheckpoint(folder.path, saved, { keepLast: 2 });
  assertEquals(path, join(folder.path, "checkpoints", "step-00000500"));
  assertEquals(namesIn(path), ["MANIFEST.json", ...CHECKPOINT_FILES]);
  assertEquals(await loadCheckpoint(folder.path), { ...saved, path });
  assertEquals(await loadCheckpoint(path), { ...saved, path });
});

Deno.test("loadCheckpoint() leaves the optimizer out when only weights are wanted", async () => {
  await using folder = await openTestFolder();
  const saved = makeCheckpoint(5);
  const path = await saveCheckpoint(folder.path, saved, { keepLast: 2 });
  assertEquals(await loadCheckpoint(path, { weightsOnly: true }), { ...saved, path, optimizer: [] });
});

Deno.test("loadCheckpoint() reads a step's folder under another name", async () => {
  await using folder = await openTestFolder();
  const saved = makeCheckpoint(7);
  const path = join(folder.path, "my model");
  await Deno.rename(await saveCheckpoint(folder.path, saved, { keepLast: 2 }), path);
  assertEquals(await loadCheckpoint(path), { ...saved, path });
});

Deno.test("saveCheckpoint() writes the keys of a configuration file", async () => {
  await using folder = await openTestFolder();
  await saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  const config = JSON.parse(await Deno.readTextFile(stepPath(folder.path, 1, "config.json")));
  assertEquals([config.model.d_model, config.training.seed], [128, 1]);
});

Deno.test("saveCheckpoint() refuses state that JSON cannot hold", async () => {
  await using folder = await openTestFolder();
  for (const value of [NaN, Infinity, new Map(), undefined, 1n]) {
    const checkpoint = { ...makeCheckpoint(1), state: { best: [value] } };
    await assertRejects(
      () => saveCheckpoint(folder.path, checkpoint, { keepLast: 2 }),
      TypeError,
      "state.best.0",
    );
  }
});

Deno.test("loadCheckpoint() names the folder and the next action when there is nothing to load", async () => {
  await using folder = await openTestFolder();
  await assertRejects(() => loadCheckpoint(folder.path), UsageError, "it holds none; train first");
  await assertRejects(
    () => loadCheckpoint(join(folder.path, "no")),
    UsageError,
    "no such folder; train first",
  );
  await Deno.mkdir(join(folder.path, "checkpoints"));
  await assertRejects(() => loadCheckpoint(folder.path), UsageError, "it holds none; train first");
});

Deno.test("saveCheckpoint() removes temporary folders of dead processes only", async () => {
  await using folder = await openTestFolder();
  using sleeper = spawnSleeper();
  const make = (name: string) => Deno.mkdirSync(join(folder.path, "checkpoints", name), { recursive: true });
  make(".tmp-5-4194305-0123abcd"); // above the largest process id of Linux
  make(`.tmp-5-${Deno.pid}-0123abcd`);
  make(`.tmp-5-${sleeper.pid}-0123abcd`);
  make("something else");
  const past = new Date(performance.timeOrigin - 1000);
  Deno.utimeSync(join(folder.path, "checkpoints", `.tmp-5-${Deno.pid}-0123abcd`), past, past);
  await saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  assertEquals(namesIn(join(folder.path, "checkpoints")), [
    `.tmp-5-${sleeper.pid}-0123abcd`,
    "something else",
    "step-00000001",
  ]);
});

Deno.test("saveCheckpoint() removes every older temporary folder when it holds the run lock", async () => {
  await using folder = await openTestFolder();
  using sleeper = spawnSleeper(); // as if a process number had been given to another program
  const names = ["0", "1"].map((end) => `.tmp-5-${sleeper.pid}-0123abc${end}`);
  for (const name of names) Deno.mkdirSync(join(folder.path, "checkpoints", name), { recursive: true });
  const past = new Date(performance.timeOrigin - 1000);
  Deno.utimeSync(join(folder.path, "checkpoints", names[0]), past, past);
  using _lock = openRunLock(folder.path);
  await saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  assertEquals(namesIn(join(folder.path, "checkpoints")), [names[1], "step-00000001"]);
});

Deno.test("saveCheckpoint() keeps the newest checkpoints and the chosen ones", async () => {
  await using folder = await openTestFolder();
  for (let step = 1; step <= 6; step++) {
    await saveCheckpoint(folder.path, makeCheckpoint(step), { keepLast: 2, keep: [2] });
    assert((await listCheckpoints(folder.path)).length >= Math.min(step, 2));
  }
  assertEquals((await listCheckpoints(folder.path)).map(({ step }) => step), [2, 5, 6]);
  const newest = (await listCheckpoints(folder.path)).at(-1);
  assertEquals(newest, { step: 6, path: stepPath(folder.path, 6).replace(/\/$/, "") });
});

Deno.test("saveCheckpoint() does not count a damaged checkpoint as kept", async () => {
  await using folder = await openTestFolder();
  for (const step of [1, 2, 3]) await saveCheckpoint(folder.path, makeCheckpoint(step), { keepLast: 3 });
  await Deno.truncate(stepPath(folder.path, 3, "model.safetensors"), 3);
  await saveCheckpoint(folder.path, makeCheckpoint(4), { keepLast: 2 });
  assertEquals((await listCheckpoints(folder.path)).map(({ step }) => step), [2, 3, 4]);
  await saveCheckpoint(folder.path, makeCheckpoint(5), { keepLast: 2 });
  assertEquals((await listCheckpoints(folder.path)).map(({ step }) => step), [4, 5]);
});

Deno.test("saveCheckpoint() refuses to keep fewer than two", async () => {
  await using folder = await openTestFolder();
  for (const keepLast of [1, 0, -1, 2.5, NaN]) {
    const save = () => saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast });
    await assertRejects(save, UsageError, "checkpoint.keep_last must be at least 2");
  }
  assertEquals(namesIn(folder.path), []);
});

Deno.test("saveCheckpoint() never removes the step it saved, however old", async () => {
  await using folder = await openTestFolder();
  for (const step of [7, 8, 9, 5, 5]) {
    await saveCheckpoint(folder.path, makeCheckpoint(step), { keepLast: 2 });
  }
  const names = ["step-00000005", "step-00000008", "step-00000009"];
  assertEquals(namesIn(join(folder.path, "checkpoints")), names);
});

Deno.test("saveCheckpoint() replaces a step that is there, good or damaged", async () => {
  await using folder = await openTestFolder();
  const path = await saveCheckpoint(folder.path, makeCheckpoint(3), { keepLast: 2 });
  const changed = { ...makeCheckpoint(3), state: { again: true } };
  await saveCheckpoint(folder.path, changed, { keepLast: 2 });
  assertEquals((await loadCheckpoint(path)).state, { again: true });
  await Deno.truncate(join(path, "state.json"), 1);
  await saveCheckpoint(folder.path, changed, { keepLast: 2 });
  assertEquals((await loadCheckpoint(path)).state, { again: true });
  assertEquals(namesIn(join(folder.path, "checkpoints")), ["step-00000003"]);
});

Deno.test("loadCheckpoint() finds a step that was set aside when the replacing was cut off", async () => {
  await using folder = await openTestFolder();
  const path = await saveCheckpoint(folder.path, makeCheckpoint(3), { keepLast: 2 });
  const aside = `${path}.old-0123abcd`;
  await Deno.rename(path, aside);
  assertEquals(await loadCheckpoint(folder.path), { ...makeCheckpoint(3), path: aside });
  assertEquals(await listCheckpoints(folder.path), [{ step: 3, path: aside }]);
  await saveCheckpoint(folder.path, makeCheckpoint(3), { keepLast: 2 });
  assertEquals(namesIn(join(folder.path, "checkpoints")), ["step-00000003"]);
});

Deno.test("loadCheckpoint() follows no LATEST and no link, only the folders there are", async () => {
  await using folder = await openTestFolder();
  await saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  const parent = join(folder.path, "checkpoints");
  await Deno.symlink("/etc/passwd", join(parent, "LATEST"));
  await Deno.writeTextFile(join(folder.path, "LATEST"), "../../x\n");
  await Deno.symlink("/etc", join(parent, "step-00000009"));
  await Deno.writeTextFile(join(parent, "step-00000008"), "a file");
  for (const name of ["step-7", "step-00000007.bak", "step-0000000x", "step--0000007"]) {
    await Deno.mkdir(join(parent, name));
  }
  assertEquals((await loadCheckpoint(folder.path, { onRejected: fail })).step, 1);
  assertEquals((await listCheckpoints(folder.path)).length, 1);
});

Deno.test("saveCheckpoint() says in one line that a folder cannot be written", async () => {
  await using folder = await openTestFolder();
  await Deno.writeTextFile(join(folder.path, "checkpoints"), "a file");
  const save = () => saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  const error = await assertRejects(save, UsageError, "Cannot save the checkpoint of step 1 in");
  assertEquals(error.message.split("\n").length, 1);
});

function fail(dir: string, reason: string): never {
  throw new Error(`${dir}: ${reason}`);
}

function spawnSleeper(): Disposable & { pid: number } {
  const child = new Deno.Command("sleep", { args: ["30"] }).spawn();
  return {
    pid: child.pid,
    [Symbol.dispose]: () => {
      child.kill("SIGKILL");
      child.unref();
    },
  };
}
