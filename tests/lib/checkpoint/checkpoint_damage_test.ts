import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";
import {
  CHECKPOINT_FILES,
  makeCheckpoint,
  namesIn,
  openTestFolder,
  stepPath,
} from "./_checkpoint_fixture.ts";

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
  for (const name of CHECKPOINT_FILES) {
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
