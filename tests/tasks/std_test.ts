// Where `@std` comes from, in a small repository of its own.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { FakeTime } from "@std/testing/time";
import { prepareStd, type StdOptions } from "../../tasks/std.ts";

const never = (): Promise<boolean> => Promise.reject(new Error("asked without need"));
const no = (): Promise<boolean> => Promise.resolve(false);
const yes = (): Promise<boolean> => Promise.resolve(true);

async function makeRepository(): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "sheepop-std-test-" });
  await Deno.mkdir(join(root, "tasks/std_adapters/path"), { recursive: true });
  await Deno.writeTextFile(join(root, "tasks/std_adapters/path/path.ts"), "export {};");
  return root;
}

async function withRepository(body: (root: string) => Promise<void>): Promise<void> {
  const root = await makeRepository();
  try {
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
}

Deno.test("prepareStd() copies the adapters where nothing answers", () =>
  withRepository(async (root) => {
    const result = await prepareStd({ source: "auto", root, isJsrReachable: no, isCached: no });
    assertEquals(result, { source: "adapters", isFresh: true });
    assertEquals(await Deno.readTextFile(join(root, ".std/path/path.ts")), "export {};");
    assertEquals(await namesIn(root), [".std", "tasks"]);
  }));

Deno.test("prepareStd() leaves .std empty where JSR answers or the cache holds the packages", () =>
  withRepository(async (root) => {
    for (const found of [{ isJsrReachable: yes, isCached: never }, { isJsrReachable: no, isCached: yes }]) {
      await prepareStd({ source: "adapters", root });
      await Deno.remove(join(root, ".std/.stamp.json"));
      assertEquals((await prepareStd({ source: "auto", root, ...found })).source, "jsr");
      assertEquals(await namesIn(join(root, ".std")), [".stamp.json"]);
    }
  }));

Deno.test("prepareStd() asks again after twelve hours, or when an adapter changed", () =>
  withRepository(async (root) => {
    const quiet: StdOptions = { source: "auto", root, isJsrReachable: never, isCached: never };
    const offline: StdOptions = { source: "auto", root, isJsrReachable: no, isCached: no };
    using time = new FakeTime();
    await prepareStd(offline);
    assertEquals(await prepareStd(quiet), { source: "adapters", isFresh: false });
    time.tick(13 * 60 * 60 * 1_000);
    assertEquals(await prepareStd(offline), { source: "adapters", isFresh: true });
    assertEquals((await prepareStd(quiet)).isFresh, false);
    await Deno.writeTextFile(join(root, "tasks/std_adapters/path/path.ts"), "export const a = 1;");
    assertEquals((await prepareStd(offline)).isFresh, true);
    assertEquals(await Deno.readTextFile(join(root, ".std/path/path.ts")), "export const a = 1;");
  }));

Deno.test("prepareStd() survives several commands at once", () =>
  withRepository(async (root) => {
    const options: StdOptions = { source: "auto", root, isJsrReachable: no, isCached: no };
    await Promise.all(Array.from({ length: 6 }, () => prepareStd(options)));
    assertEquals(await namesIn(root), [".std", "tasks"]);
    assertEquals(await namesIn(join(root, ".std")), [".stamp.json", "path"]);
  }));
