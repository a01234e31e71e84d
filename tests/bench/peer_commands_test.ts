import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Launch, Skip } from "./contender.ts";
import { npmPeer, ours, searchTorch } from "./peer_commands.ts";

const TASK = { size: { M: 1, N: 1, K: 1 }, chain: 1, minMs: 1 };

/** Calls with the path of a program that is a shell script. */
async function withProgram(script: string, call: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-test-" });
  try {
    const path = `${folder}/python`;
    await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await call(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("npmPeer() skips a package that the peers do not have, and says so", async () => {
  const peer = npmPeer("unknown", { script: "jax_multiply.ts", package: "no-such-package", task: TASK });
  const { reason, remedy } = await peer.launch() as Skip;
  assertStringIncludes(reason, "no-such-package cannot be loaded: ");
  assertStringIncludes(remedy, "run once with");
});

Deno.test("searchTorch() says that no interpreter is there", async () => {
  const { reason, remedy } = await searchTorch(["/nowhere/python3"]) as Skip;
  assertEquals(reason, "there is no python3");
  assertStringIncludes(remedy, "apt-get install python3-torch");
});

Deno.test({
  name: "searchTorch() passes over an interpreter without PyTorch",
  ignore: Deno.build.os === "windows",
  async fn() {
    const complaint = "ModuleNotFoundError: No module named 'torch'";
    await withProgram(`echo "${complaint}" >&2; exit 1`, async (without) => {
      const { reason } = await searchTorch([without]) as Skip;
      assertEquals(reason, `${without}: ${complaint}`);
      await withProgram("exit 0", async (having) => {
        const launch = await searchTorch([without, having]) as Launch;
        assertEquals(launch.program, having);
      });
    });
  },
});

Deno.test("ours() is started with the task as its first argument", async () => {
  const { args } = await ours("multiply.ts", TASK, { env: { A: "b" } }).launch() as Launch;
  assertEquals(JSON.parse(args.at(-1)!), TASK);
  assertStringIncludes(args.at(-2)!, "tests/bench/ours/multiply.ts");
});
