import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openStagingFolder, writeFileAtomic } from "../../../lib/common/atomic_file.ts";
import { openTempFolder } from "./temp_folder.ts";

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
}

Deno.test("writeFileAtomic() replaces a file and leaves nothing else behind", async () => {
  await using temp = await openTempFolder();
  const dir = temp.path;
  await writeFileAtomic(join(dir, "a.json"), "old and longer");
  await writeFileAtomic(join(dir, "a.json"), Uint8Array.of(110, 101, 119));
  assertEquals(await Deno.readTextFile(join(dir, "a.json")), "new");
  assertEquals(await names(dir), ["a.json"]);
});

Deno.test("writeFileAtomic() keeps the old file when it fails", async () => {
  await using temp = await openTempFolder();
  const dir = temp.path;
  await Deno.mkdir(join(dir, "taken"));
  await assertRejects(() => writeFileAtomic(join(dir, "taken"), "x"));
  assertEquals(await names(dir), ["taken"]);
  assert((await Deno.stat(join(dir, "taken"))).isDirectory);
});

Deno.test("openStagingFolder() shows nothing before commit and replaces the target whole", async () => {
  await using temp = await openTempFolder();
  const parent = join(temp.path, "deep", "parent");
  {
    await using staging = await openStagingFolder(parent);
    await Deno.writeTextFile(join(staging.path, "one"), "1");
    assert(!(await names(parent)).includes("target"));
    assertEquals(await staging.commit("target"), join(parent, "target"));
  }
  {
    await using staging = await openStagingFolder(parent);
    await Deno.writeTextFile(join(staging.path, "two"), "2");
    await staging.commit("target");
  }
  assertEquals(await names(join(parent, "target")), ["two"]);
  assertEquals(await names(parent), [".lock", "target"]);
});

Deno.test("openStagingFolder() disappears when it is not committed", async () => {
  await using temp = await openTempFolder();
  const parent = temp.path;
  {
    await using staging = await openStagingFolder(parent);
    await Deno.writeTextFile(join(staging.path, "one"), "1");
  }
  assertEquals(await names(parent), [".lock"]);
});

Deno.test("openStagingFolder() removes what a killed process left", async () => {
  await using temp = await openTempFolder();
  const parent = temp.path;
  await Deno.mkdir(join(parent, ".staging-dead"));
  await Deno.writeTextFile(join(parent, ".staging-dead", "half"), "x");
  await using staging = await openStagingFolder(parent);
  assertEquals(await names(parent), [".lock", staging.path.slice(parent.length + 1)].sort());
});

Deno.test("openStagingFolder() makes a second writer wait for the first", async () => {
  await using temp = await openTempFolder();
  const parent = temp.path;
  const order: string[] = [];
  const first = await openStagingFolder(parent);
  const second = openStagingFolder(parent).then(async (staging) => {
    order.push("second opens");
    await staging[Symbol.asyncDispose]();
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  order.push("first closes");
  await first[Symbol.asyncDispose]();
  await second;
  assertEquals(order, ["first closes", "second opens"]);
});
