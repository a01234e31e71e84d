import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { stub } from "@std/testing/mock";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { makeCheckpoint, namesIn } from "./_checkpoint_fixture.ts";

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
  const parent = join(disk.path, "checkpoints");
  const mkdir = Deno.mkdir;
  using _stub = stub(Deno, "mkdir", async (path, options) => {
    await mkdir(path, options);
    if (!String(path).includes(".tmp-")) return;
    assertThrows(() => Deno.writeFileSync(join(disk.path, "filler"), new Uint8Array(3e6)));
  });
  const saving = saveCheckpoint(disk.path, makeCheckpoint(2, 100_000), { keepLast: 2 });
  const error = await saving.then(() => undefined, (reason: unknown) => reason);
  assert(error instanceof UsageError, String(error));
  assertStringIncludes(error.message, "are available; free disk space");
  assertEquals((error.cause as { code?: string }).code, "ENOSPC");
  assertEquals(namesIn(parent), ["step-00000001"]);
  await Deno.remove(join(disk.path, "filler"));
  assertEquals((await loadCheckpoint(disk.path)).step, 1);
});

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
