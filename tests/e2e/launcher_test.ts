// The launcher in a checkout whose path has spaces, with a PATH that holds stubs: no network, no real Deno, no apt.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const LAUNCHER = fromFileUrl(new URL("../../sheepop", import.meta.url));
const TOOLS = "sh env ls cat id mkdir mv rm chmod find sleep touch".split(" ");

/** Says its version; keeps a line per call; answers as adapter when the file `adapter` is there. */
const DENO_STUB = `#!/bin/sh
[ "$1" = --version ] && { echo "deno VERSION (stub)"; exit 0; }
echo "$PWD|$0|$*|$XDG_RUNTIME_DIR" >>"$STUBS/deno.log"
case "$*" in *tasks/adapter.ts*)
  [ -f "$STUBS/gl" ] && [ -z "\${DENO_WEBGPU_BACKEND:-}" ] && { echo "GL adapter"; exit 0; }
  [ -f "$STUBS/adapter" ] || exit 1
  echo "Stub adapter" ;;
esac
`;

class Checkout implements AsyncDisposable {
  readonly #folder: string;
  readonly root: string;
  readonly stubs: string;
  readonly home: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.root = join(folder, "a checkout");
    this.stubs = join(folder, "stubs");
    this.home = join(folder, "home of me");
  }

  async stub(name: string, script: string): Promise<void> {
    await Deno.writeTextFile(
      join(this.stubs, "bin", name),
      script.startsWith("#!") ? script : `#!/bin/sh\n${script}\n`,
    );
    await Deno.chmod(join(this.stubs, "bin", name), 0o755);
  }

  async stubDeno(version: string): Promise<void> {
    await this.stub("deno", DENO_STUB.replace("VERSION", version));
  }

  async mark(name: string): Promise<void> {
    await Deno.writeTextFile(join(this.stubs, name), "");
  }

  async log(name: string): Promise<string[]> {
    const text = await Deno.readTextFile(join(this.stubs, `${name}.log`)).catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  }

  async run(
    args: string[],
    options: { launcher?: string; cwd?: string; env?: Record<string, string> } = {},
  ): Promise<Ended> {
    const { code, stdout, stderr } = await new Deno.Command(options.launcher ?? join(this.root, "sheepop"), {
      args,
      cwd: options.cwd ?? this.#folder,
      clearEnv: true,
      env: { HOME: this.home, PATH: join(this.stubs, "bin"), STUBS: this.stubs, ...options.env },
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function openCheckout(): Promise<Checkout> {
  const checkout = new Checkout(await Deno.realPath(await Deno.makeTempDir({ prefix: "sheepop launcher " })));
  for (const folder of [checkout.root, checkout.home, join(checkout.stubs, "bin")]) {
    await Deno.mkdir(folder, { recursive: true });
  }
  await Deno.copyFile(LAUNCHER, join(checkout.root, "sheepop"));
  for (const tool of TOOLS) await Deno.symlink(await findTool(tool), join(checkout.stubs, "bin", tool));
  await checkout.stub("uname", '[ "$1" = -n ] && echo host || echo Linux');
  await checkout.stub("curl", "exit 6");
  await checkout.stub("npm", 'echo "$*" >>"$STUBS/npm.log"; exit 1');
  await checkout.stub("sudo", 'shift; exec "$@"');
  return checkout;
}

async function findTool(name: string): Promise<string> {
  for (const folder of ["/usr/bin", "/bin"]) {
    if (await Deno.stat(join(folder, name)).then((stat) => stat.isFile, () => false)) {
      return join(folder, name);
    }
  }
  throw new Error(`Cannot find ${name} in /usr/bin or /bin`);
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "launcher is a script for any POSIX shell",
  ignore,
  async fn() {
    for (const shell of ["sh", "dash", "bash"]) {
      const command = new Deno.Command(shell, { args: ["-n", LAUNCHER] });
      const code = await command.output().then((ended) => ended.code, () => 0);
      assertEquals(code, 0, shell);
    }
  },
});

Deno.test({
  name: "launcher takes Deno 2.9 from PATH and keeps the folder and arguments of the user",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.99");
    await checkout.mark("adapter");
    const ended = await checkout.run(["train", "--run-dir", "my run"], { cwd: checkout.home });
    assertEquals([ended.code, ended.stderr], [0, ""]);
    const calls = await checkout.log("deno");
    assertEquals(calls.length, 3);
    assertStringIncludes(calls[0], `${checkout.root}/tasks/std.ts auto`);
    assertStringIncludes(calls[1], `${checkout.root}/tasks/adapter.ts`);
    assertStringIncludes(calls[2], `${checkout.home}|`);
    assertMatch(
      calls[2],
      /run -q -P --no-prompt --config .*\/cli\/main\.ts train --run-dir my run\|\/.*\/sheepop\/runtime$/,
    );
  },
});

Deno.test({
  name: "launcher runs check, test, ok, bench and compile as tasks",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    await checkout.mark("adapter");
    for (const task of ["check", "test", "ok", "bench", "compile"]) {
      assertEquals((await checkout.run([task, "--flag"])).code, 0);
      assertStringIncludes(
        (await checkout.log("deno")).at(-1)!,
        `task -q --config ${checkout.root}/deno.json ${task} --flag`,
      );
    }
  },
});

Deno.test({
  name: "launcher finds its checkout through symbolic links",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    const links = join(checkout.home, "my links");
    await Deno.mkdir(links);
    await Deno.symlink("../../a checkout/sheepop", join(links, "first"));
    await Deno.symlink(join(links, "first"), join(links, "second"));
    assertEquals((await checkout.run(["--help"], { launcher: join(links, "second") })).code, 0);
    assertStringIncludes((await checkout.log("deno")).at(-1)!, `${checkout.root}/cli/main.ts --help`);
  },
});

Deno.test({
  name: "launcher prefers SHEEPOP_DENO, whatever its version",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("1.0.0");
    await Deno.rename(join(checkout.stubs, "bin/deno"), join(checkout.home, "my deno"));
    const own = join(checkout.home, "my deno");
    assertEquals((await checkout.run(["--help"], { env: { SHEEPOP_DENO: own } })).code, 0);
    assertStringIncludes((await checkout.log("deno")).at(-1)!, `|${own}|run`);
    const missing = await checkout.run(["--help"], { env: { SHEEPOP_DENO: "/nowhere/deno" } });
    assertEquals([missing.code, missing.stderr], [
      1,
      "sheepop: Cannot start: SHEEPOP_DENO names /nowhere/deno, which is no program\n",
    ]);
  },
});

Deno.test({
  name: "launcher installs Deno by the official installer",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    await Deno.rename(join(checkout.stubs, "bin/deno"), join(checkout.stubs, "real"));
    const installer =
      'echo "$*" >>"$STUBS/installer.log"; mkdir -p "$DENO_INSTALL/bin"; cat "$STUBS/real" >"$DENO_INSTALL/bin/deno"; ' +
      'chmod +x "$DENO_INSTALL/bin/deno"';
    await Deno.writeTextFile(join(checkout.stubs, "install.sh"), installer);
    await checkout.stub("curl", 'while [ "$1" != -o ]; do shift; done; cat "$STUBS/install.sh" >"$2"');
    const first = await checkout.run(["--help"]);
    assertEquals(first.code, 0);
    assertMatch(
      first.stderr,
      /^sheepop: installing Deno 2\.9\.6 into .*\/\.cache\/sheepop\/deno-2\.9\.6 \(once\)\n$/,
    );
    const second = await checkout.run(["--help"]);
    assertEquals([second.code, second.stderr], [0, ""]);
    assertEquals(await checkout.log("installer"), ["--no-modify-path v2.9.6"]);
  },
});

Deno.test({
  name: "launcher installs Deno from npm past a Deno of another version",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    await Deno.rename(join(checkout.stubs, "bin/deno"), join(checkout.stubs, "real"));
    await checkout.stubDeno("2.8.0");
    await checkout.stub(
      "npm",
      'echo "$*" >>"$STUBS/npm.log"; d="$3/node_modules/@deno/some-platform"; mkdir -p "$d"; cat "$STUBS/real" >"$d/deno"',
    );
    assertEquals(
      (await checkout.run(["--help"], { env: { XDG_CACHE_HOME: join(checkout.home, "c") } })).code,
      0,
    );
    assertStringIncludes(
      (await checkout.log("deno")).at(-1)!,
      `|${checkout.home}/c/sheepop/deno-2.9.6/bin/deno|run`,
    );
    assertEquals(
      (await checkout.run(["--help"], { env: { XDG_CACHE_HOME: join(checkout.home, "c") } })).code,
      0,
    );
    const calls = await checkout.log("npm");
    assertEquals(calls.length, 1);
    assertStringIncludes(calls[0], "deno@2.9.6");
    const left = await Array.fromAsync(Deno.readDir(join(checkout.home, "c/sheepop")), (entry) => entry.name);
    assertEquals(left.sort(), ["deno-2.9.6", "deno_install.log", "runtime"]);
  },
});

Deno.test({
  name: "launcher says in one line that Deno cannot be had",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    const ended = await checkout.run(["--help"]);
    assertEquals(ended.code, 1);
    assertStringIncludes(ended.stderr.split("\n")[1], "Cannot install Deno 2.9.6");
    const refused = await checkout.run(["--help"], { env: { SHEEPOP_NO_INSTALL: "1" } });
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /^sheepop: Cannot find Deno 2\.9: .*\n$/);
    assertEquals((await checkout.log("npm")).length, 1);
  },
});

Deno.test({
  name: "launcher installs a Vulkan driver once, where only OpenGL answers, and remembers the adapter",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    await checkout.mark("gl");
    await checkout.stub(
      "apt-get",
      'echo "$*" >>"$STUBS/apt.log"; case "$*" in *update) touch "$STUBS/lists" ;; *) [ -f "$STUBS/lists" ] && touch "$STUBS/adapter" ;; esac',
    );
    const first = await checkout.run(["train"]);
    assertEquals(first.code, 0);
    assertMatch(
      first.stderr,
      /^sheepop: the GPU answers only through OpenGL \(GL adapter\): installing mesa-vulkan-drivers .*\n$/,
    );
    const apt = await checkout.log("apt");
    assertEquals(apt.map((line) => line.split(" ").at(-1)), [
      "mesa-vulkan-drivers",
      "update",
      "mesa-vulkan-drivers",
    ]);
    const numCalls = (await checkout.log("deno")).length;
    const second = await checkout.run(["train"]);
    assertEquals([second.code, second.stderr], [0, ""]);
    assertEquals((await checkout.log("deno")).length, numCalls + 2);
  },
});

Deno.test({
  name: "launcher goes on without an adapter and tries to install at most once a day",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    await checkout.stub("apt-get", 'echo "$*" >>"$STUBS/apt.log"; exit 100');
    const refused = await checkout.run(["train"], { env: { SHEEPOP_NO_INSTALL: "1" } });
    assertEquals(refused.code, 0);
    assertMatch(refused.stderr, /^sheepop: no GPU adapter answers: install a Vulkan driver \(.*\n$/);
    const first = await checkout.run(["train"]);
    assertEquals([first.code, first.stderr.split("\n").length], [0, 3]);
    const numCalls = (await checkout.log("apt")).length;
    assert(numCalls > 0);
    const second = await checkout.run(["train"]);
    assertEquals([second.code, second.stderr.split("\n").length], [0, 2]);
    assertEquals((await checkout.log("apt")).length, numCalls);
  },
});

Deno.test({
  name: "launcher asks for no adapter where the command needs none",
  ignore,
  async fn() {
    await using checkout = await openCheckout();
    await checkout.stubDeno("2.9.6");
    for (
      const args of [[], ["--help"], ["train", "--help"], ["ingest"], ["tokenize"], ["check"], ["compile"]]
    ) {
      assertEquals((await checkout.run(args)).stderr, "");
    }
  },
});
