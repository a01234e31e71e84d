import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { UsageError } from "../../../lib/common/errors.ts";
import {
  type Checkpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
} from "../../../lib/checkpoint/checkpoint.ts";
import { makeCheckpoint, namesIn, openTestFolder, stepPath } from "./_checkpoint_fixture.ts";

const FILES = ["config.json", "model.safetensors", "optimizer.safetensors", "state.json", "tokenizer.json"];

Deno.test("loadCheckpoint() gives back what saveCheckpoint() was given", async () => {
  await using folder = await openTestFolder();
  const saved = makeCheckpoint(500);
  const path = await saveCheckpoint(folder.path, saved, { keepLast: 2 });
  assertEquals(path, join(folder.path, "checkpoints", "step-00000500"));
  assertEquals(namesIn(path), ["MANIFEST.json", ...FILES]);
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
  assertEquals([config.model.d_model, config.training.seed], [256, 1]);
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

Deno.test("loadCheckpoint() goes back when a file is cut short", async (t) => {
  for (const length of ["one byte less", "nothing", "half"]) {
    await t.step(length, async () => {
      await expectFallback(async (path) => {
        const file = join(path, "model.safetensors");
        const { size } = await Deno.stat(file);
        const left = length === "nothing" ? 0 : length === "half" ? size >> 1 : size - 1;
        await Deno.truncate(file, left);
        return `model.safetensors has ${left} bytes, its manifest says ${size}`;
      });
    });
  }
});

Deno.test("loadCheckpoint() goes back when one bit of a file is flipped", async (t) => {
  for (const name of FILES) {
    await t.step(name, async () => {
      await expectFallback(async (path) => {
        await flipBit(join(path, name), Math.floor((await Deno.stat(join(path, name))).size * 0.7));
        return `${name} does not have the sha256 its manifest says`;
      });
    });
  }
});

Deno.test("loadCheckpoint() notices a flipped bit in every byte of the manifest", async () => {
  await using folder = await openTestFolder();
  const path = await saveCheckpoint(folder.path, makeCheckpoint(2), { keepLast: 2 });
  const file = join(path, "MANIFEST.json");
  const good = await Deno.readFile(file);
  for (let i = 0; i < good.length; i++) {
    if (good[i] === 0x20 || good[i] === 0x0a) continue; // space between tokens carries nothing
    const bad = good.slice();
    bad[i] ^= 1 << (i % 7);
    await Deno.writeFile(file, bad);
    const error = await assertRejects(() => loadCheckpoint(path), UsageError, "MANIFEST.json");
    assert(!error.message.includes("newer"), `byte ${i}: ${error.message}`);
  }
});

Deno.test("loadCheckpoint() goes back when a file is gone, a link or swapped", async (t) => {
  const link = async (file: string) => {
    const target = `${file}.target`;
    await Deno.rename(file, target);
    await Deno.symlink(target, file);
  };
  const cases: Record<string, [(file: string) => Promise<void>, string]> = {
    missing: [(file) => Deno.remove(file), "optimizer.safetensors is missing"],
    linked: [link, "optimizer.safetensors is not a plain file"],
    swapped: [
      (file) => Deno.copyFile(file.replace("step-00000200", "step-00000100"), file),
      "optimizer.safetensors does not have the sha256",
    ],
  };
  for (const [name, [damage, reason]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await expectFallback(async (path) => {
        await damage(join(path, "optimizer.safetensors"));
        return reason;
      });
    });
  }
});

Deno.test("loadCheckpoint() goes back when it has no manifest or another's", async (t) => {
  await t.step("missing", () =>
    expectFallback(async (path) => {
      await Deno.remove(join(path, "MANIFEST.json"));
      return "MANIFEST.json is missing";
    }));
  await t.step("another step", () =>
    expectFallback(async (path) => {
      for (const name of namesIn(path)) {
        await Deno.copyFile(join(path.replace("step-00000200", "step-00000100"), name), join(path, name));
      }
      return "it holds step 100";
    }));
});

Deno.test("loadCheckpoint() says which checkpoints it rejected when none verifies", async () => {
  await using folder = await openTestFolder();
  for (const step of [1, 2]) {
    await saveCheckpoint(folder.path, makeCheckpoint(step), { keepLast: 2 });
    await Deno.remove(stepPath(folder.path, step, "state.json"));
  }
  const rejected: string[] = [];
  await assertRejects(
    () => loadCheckpoint(folder.path, { onRejected: (dir) => rejected.push(dir) }),
    UsageError,
    "none of its 2 verifies (step-00000002: state.json is missing)",
  );
  assertEquals(
    rejected,
    [stepPath(folder.path, 2), stepPath(folder.path, 1)].map((path) => path.replace(/\/$/, "")),
  );
  await assertRejects(() => loadCheckpoint(stepPath(folder.path, 1)), UsageError, "state.json is missing");
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

Deno.test("loadCheckpoint() refuses a manifest of a newer version instead of going back", async () => {
  await using folder = await openTestFolder();
  for (const step of [1, 2]) await saveCheckpoint(folder.path, makeCheckpoint(step), { keepLast: 2 });
  await editManifest(stepPath(folder.path, 2), (manifest) => ({ ...manifest, version: 2, later: [1] }));
  for (const path of [folder.path, stepPath(folder.path, 2)]) {
    await assertRejects(
      () => loadCheckpoint(path),
      UsageError,
      "a newer sheepop wrote it (manifest version 2",
    );
  }
});

Deno.test("loadCheckpoint() refuses types of tensors and settings it does not know", async () => {
  await using folder = await openTestFolder();
  await saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  const path = await saveCheckpoint(folder.path, makeCheckpoint(2), { keepLast: 2 });
  const replace = async (name: string, from: string, to: string) => {
    const file = join(path, name);
    const text = new TextDecoder("latin1").decode(await Deno.readFile(file)).replaceAll(from, to);
    await Deno.writeFile(file, Uint8Array.from(text, (character) => character.charCodeAt(0)));
    await editManifest(path, (manifest) => ({
      ...manifest,
      files: { ...manifest.files, [name]: { size_bytes: text.length, sha256: hashOf(file) } },
    }));
  };
  await replace("model.safetensors", "F32", "I32");
  await assertRejects(() => loadCheckpoint(path), UsageError, "only F32 and U32 are read");
  const rejected: string[] = [];
  const older = await loadCheckpoint(folder.path, { onRejected: (_, reason) => rejected.push(reason) });
  assertEquals(older.step, 1);
  assertStringIncludes(rejected[0], "only F32 and U32 are read");
  await replace("model.safetensors", "I32", "F32");
  await replace("config.json", '"d_model"', '"e_model"');
  await assertRejects(() => loadCheckpoint(path), UsageError, "model.e_model");
  await replace("config.json", '"e_model": 256', '"d_model": -1');
  await assertRejects(() => loadCheckpoint(path), UsageError, "model.d_model");
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

Deno.test("saveCheckpoint() says what the full disk lacks and leaves the earlier checkpoints", async () => {
  await using disk = await openSmallDisk();
  if (!disk) return; // only root may mount one
  await saveCheckpoint(disk.path, makeCheckpoint(1, 100_000), { keepLast: 2 });
  const message = /step 2 in .*: 2\d{6} bytes are needed and \d+ are available; free disk space/;
  const save = (length: number) => saveCheckpoint(disk.path, makeCheckpoint(2, length), { keepLast: 2 });
  const refused = await assertRejects(() => save(170_000), UsageError);
  assertEquals(refused.cause, undefined, "the disk was written to before its room was known");
  assert(message.test(refused.message), refused.message);
  assertEquals(namesIn(join(disk.path, "checkpoints")), ["step-00000001"]);
  assertEquals((await loadCheckpoint(disk.path)).step, 1);
});

Deno.test("saveCheckpoint() cleans up when the disk fills during the save", async () => {
  await using disk = await openSmallDisk();
  if (!disk) return;
  await saveCheckpoint(disk.path, makeCheckpoint(1, 100_000), { keepLast: 2 });
  let error: unknown;
  const saving = saveCheckpoint(disk.path, makeCheckpoint(2, 100_000), { keepLast: 2 }).catch((reason) => {
    error = reason;
  });
  const parent = join(disk.path, "checkpoints");
  while (!namesIn(parent).some((name) => name.startsWith(".tmp-"))) {
    await new Promise((r) => setTimeout(r, 0));
  }
  // in one go, so that nothing of the save happens in between
  assertThrows(() => Deno.writeFileSync(join(disk.path, "filler"), new Uint8Array(3e6)));
  await saving;
  assert(error instanceof UsageError, String(error));
  assertStringIncludes(error.message, "are available; free disk space");
  assertEquals((error.cause as { code?: string }).code, "ENOSPC");
  assertEquals(namesIn(parent), ["step-00000001"]);
  await Deno.remove(join(disk.path, "filler"));
  assertEquals((await loadCheckpoint(disk.path)).step, 1);
});

Deno.test("saveCheckpoint() says in one line that a folder cannot be written", async () => {
  await using folder = await openTestFolder();
  await Deno.writeTextFile(join(folder.path, "checkpoints"), "a file");
  const save = () => saveCheckpoint(folder.path, makeCheckpoint(1), { keepLast: 2 });
  const error = await assertRejects(save, UsageError, "Cannot save the checkpoint of step 1 in");
  assertEquals(error.message.split("\n").length, 1);
});

/** Saves steps 100 and 200, damages 200 and expects 100 with the reason that `damage` returns. */
async function expectFallback(damage: (path: string) => Promise<string>): Promise<void> {
  await using folder = await openTestFolder();
  await saveCheckpoint(folder.path, makeCheckpoint(100), { keepLast: 2 });
  const newest = await saveCheckpoint(folder.path, makeCheckpoint(200), { keepLast: 2 });
  const reason = await damage(newest);
  const rejected: string[][] = [];
  const loaded: Checkpoint = await loadCheckpoint(folder.path, {
    onRejected: (...args) => rejected.push(args),
  });
  assertEquals(loaded.step, 100);
  assertEquals(rejected.length, 1);
  assertEquals(rejected[0][0], newest);
  assertStringIncludes(rejected[0][1], reason);
  await assertRejects(() => loadCheckpoint(newest), UsageError, reason);
}

async function flipBit(file: string, at: number): Promise<void> {
  const bytes = await Deno.readFile(file);
  bytes[at] ^= 4;
  await Deno.writeFile(file, bytes);
}

type Json = Record<string, unknown> & { files: Record<string, unknown> };

/** Changes a manifest and makes it agree with itself again. */
async function editManifest(path: string, edit: (manifest: Json) => Json): Promise<void> {
  const file = join(path, "MANIFEST.json");
  const { sha256: _, ...content } = edit(JSON.parse(await Deno.readTextFile(file)));
  const sha256 = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  await Deno.writeTextFile(file, JSON.stringify({ ...content, sha256 }));
}

function hashOf(file: string): string {
  return createHash("sha256").update(Deno.readFileSync(file)).digest("hex");
}

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

/** A disk of 3 MB, or undefined where this process may not mount one. */
async function openSmallDisk(): Promise<(AsyncDisposable & { path: string }) | undefined> {
  const path = await Deno.makeTempDir();
  const mount = (command: string, args: string[]) =>
    new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output().then(
      ({ success }) => success,
      () => false,
    );
  if (!await mount("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", path])) {
    await Deno.remove(path);
    return undefined;
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await mount("umount", [path]);
      await Deno.remove(path);
    },
  };
}
