import { assertEquals, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import { EXIT_STATUS, UsageError } from "../../../lib/common/errors.ts";
import { openRunLock } from "../../../lib/checkpoint/run_lock.ts";
import { openTestFolder } from "./_checkpoint_fixture.ts";

Deno.test("openRunLock() refuses a second holder within a second and names the first", async () => {
  await using folder = await openTestFolder();
  const runDir = `${folder.path}/new run`;
  const child = await spawnHolder(runDir);
  const started = performance.now();
  const error = assertThrows(() => openRunLock(runDir), UsageError);
  assertLess(performance.now() - started, 1000);
  assertStringIncludes(error.message, `run is locked by pid ${child.pid}`);
  assertEquals(error.exitStatus, EXIT_STATUS.locked);
  assertEquals(error.exitStatus, 5);
  child.kill("SIGKILL");
  await child.status;
  using _lock = openRunLock(runDir);
});

Deno.test("openRunLock() refuses the same process too, until the lock is disposed of", async () => {
  await using folder = await openTestFolder();
  {
    using _lock = openRunLock(folder.path);
    assertThrows(() => openRunLock(folder.path), UsageError, `run is locked by pid ${Deno.pid}`);
  }
  openRunLock(folder.path)[Symbol.dispose]();
  using _lock = openRunLock(folder.path);
});

Deno.test("openRunLock() says in one line that a folder cannot be used", async () => {
  await using folder = await openTestFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const error = assertThrows(() => openRunLock(`${folder.path}/file`), UsageError, "as a run folder");
  assertEquals(error.exitStatus, EXIT_STATUS.usage);
});

/** Starts a process that holds the lock until it is killed, and waits until it does. */
async function spawnHolder(runDir: string): Promise<Deno.ChildProcess> {
  const module = new URL("../../../lib/checkpoint/run_lock.ts", import.meta.url);
  const program = `import { openRunLock } from ${JSON.stringify(module.href)};
    globalThis.lock = openRunLock(${JSON.stringify(runDir)});
    console.log("held");
    setTimeout(() => {}, 60_000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", program],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return child;
}
