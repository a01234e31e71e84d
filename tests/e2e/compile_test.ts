// The executable, read without running it: its base is this Deno, which stands in for a download.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { walk } from "@std/fs/walk";
import { fromFileUrl, join, relative } from "@std/path";
import { compile, listWorkers, NoBaseBinaryError } from "../../tasks/compile.ts";
import { readCompiledBinary } from "../../tasks/compiled_binary.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

async function withEnv(name: string, value: string, body: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await body();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

async function listKernels(): Promise<string[]> {
  const shaders = walk(join(ROOT, "kernels"), { includeDirs: false, exts: ["wgsl"] });
  return await Array.fromAsync(shaders, (entry) => relative(ROOT, entry.path));
}

Deno.test("compile() embeds every kernel and worker, with the permissions of the command line", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-compile-" });
  try {
    await withEnv("DENORT_BIN", Deno.execPath(), async () => {
      const output = join(folder, "sheepop");
      const binary = await compile({ root: ROOT, output });
      const paths = binary.files.map((file) => file.path);
      assertEquals([binary.entryPoint, binary.appName, binary.prompts], ["cli/main.ts", "sheepop", false]);
      const expected = [...await listKernels(), ...await listWorkers(ROOT)];
      assertEquals(expected.filter((path) => !paths.includes(path)), []);
      assertEquals(paths.filter((path) => /^(?:tests|tasks)\//.test(path)), []);
      const { read, write, env, run, ffi, net, import: imports } = binary.permissions;
      assertEquals({ read, write, env, run, ffi, net }, {
        read: true,
        write: true,
        env: true,
        run: true,
        ffi: false,
        net: false,
      });
      assert(imports !== true);
      const { mode } = await Deno.stat(output);
      assert(mode === null || (mode & 0o111) !== 0);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("compile() says what to do where the base cannot be downloaded", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-compile-" });
  try {
    await Deno.mkdir(join(folder, "cli"));
    await Deno.mkdir(join(folder, "lib"));
    await Deno.writeTextFile(join(folder, "cli/main.ts"), "console.log(1);");
    await Deno.writeTextFile(
      join(folder, "deno.json"),
      JSON.stringify({ permissions: { default: { read: true } } }),
    );
    // Nobody listens on port 9, so the download fails at once, and an empty cache holds no older one.
    await withEnv(
      "HTTPS_PROXY",
      "http://127.0.0.1:9",
      () =>
        withEnv("DENO_DIR", join(folder, "cache"), async () => {
          const error = await assertRejects(
            () => compile({ root: folder, output: join(folder, "out") }),
            NoBaseBinaryError,
            "Cannot compile: denort",
          );
          assertStringIncludes(error.message, join(folder, "cache", "dl", "release"));
          assertEquals(error.message.includes("\n"), false);
        }),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readCompiledBinary() refuses a file that is no executable of ours", async () => {
  await assertRejects(
    () => readCompiledBinary(join(ROOT, "deno.json")),
    Error,
    "it was not made by deno compile",
  );
});
