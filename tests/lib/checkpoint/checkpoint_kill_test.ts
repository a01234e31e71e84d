import { assert, assertEquals, assertGreater } from "@std/assert";
import { listCheckpoints, loadCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { makeCheckpoint, namesIn, openTestFolder, stepPath } from "./_checkpoint_fixture.ts";

const KILLS = 15;
const LENGTH = 120_000; // as in _save_loop.ts

Deno.test("saveCheckpoint() leaves only whole checkpoints when it is killed at random moments", async () => {
  await using folder = await openTestFolder();
  let lastStep = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await killSaveLoop(folder.path, { firstStep: lastStep + 1, kind: "safe", delayMs: kill * 17 % 120 });
    const loaded = await loadCheckpoint(folder.path, {
      onRejected: (dir, reason) => {
        throw new Error(`${dir} was rejected: ${reason}`);
      },
    });
    assert(loaded.step >= lastStep, `step ${loaded.step} after step ${lastStep}`);
    const { path, ...saved } = loaded;
    assertEquals(saved, makeCheckpoint(loaded.step, LENGTH));
    // Killed between the two renames of a save over the same step, the whole one is still under its other name.
    assert(path.startsWith(stepPath(folder.path, loaded.step)), path);
    lastStep = loaded.step;
  }
  assertGreater(lastStep, KILLS);
  const leftovers = namesIn(`${folder.path}/checkpoints`).filter((name) => !/^step-\d{8}$/.test(name));
  assert(leftovers.length <= 2, `not cleaned up: ${leftovers}`);
});

Deno.test("loadCheckpoint() notices what a save without a protocol leaves behind", async () => {
  await using folder = await openTestFolder();
  const runDir = `${folder.path}/run`;
  let rejected = 0;
  for (let kill = 0; kill < KILLS && rejected === 0; kill++) {
    await killSaveLoop(runDir, { firstStep: 100 * kill + 1, kind: "naive", delayMs: kill * 7 % 40 });
    await loadCheckpoint(runDir, { onRejected: () => rejected++ }).catch(() => rejected++);
  }
  assertGreater(rejected, 0, "the control never failed, so the test above proves nothing");
});

/** Runs the loop until its first save is done, a little longer, and kills it. */
async function killSaveLoop(
  runDir: string,
  options: { firstStep: number; kind: "safe" | "naive"; delayMs: number },
): Promise<void> {
  const script = new URL("./_save_loop.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-lock", script, runDir, String(options.firstStep), options.kind],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const deadline = performance.now() + 20_000;
  while (((await listCheckpoints(runDir)).at(-1)?.step ?? 0) < options.firstStep) {
    assert(performance.now() < deadline, "the child saved nothing");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, options.delayMs));
  child.kill("SIGKILL");
  await child.status;
}
