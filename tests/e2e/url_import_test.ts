// sheepop as a library from a URL: no installation, no import map, no configuration on the side of the user.

import { assertArrayIncludes, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

/** What a program that imports mod.ts can call. */
const EXPORTED_FUNCTIONS = [
  "defaultConfig",
  "drawPlots",
  "generateFromCheckpoint",
  "ingest",
  "listCheckpoints",
  "loadCheckpoint",
  "parseTokenizer",
  "tokenize",
  "trainFromFiles",
  "validateConfig",
];

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
/** The GPU where there has to be one, else the reference. */
const DEVICE = Deno.env.get("SHEEPOP_REQUIRE_GPU") === "1" ? "auto" : "reference";

const EXACT_NPM = /^npm:(?:@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(?:[-+/].*)?$/;

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function deno(args: string[], options: { cwd: string; env?: Record<string, string> }): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The files of the repository over HTTP, as a host of plain files would send them. */
function serveRepository(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = join(ROOT, decodeURIComponent(new URL(request.url).pathname));
    try {
      const type = path.endsWith(".ts") ? "text/typescript" : "application/octet-stream";
      return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
    } catch {
      return new Response("Not found", { status: 404 });
    }
  });
}

/** A cache of its own, so that the port does not stay in the user's; packages come from the user's. */
async function makeCache(folder: string): Promise<string> {
  const { stdout } = await deno(["info", "--json"], { cwd: ROOT });
  const { npmCache } = JSON.parse(stdout) as { npmCache: string };
  const cache = join(folder, "cache");
  await Deno.mkdir(cache);
  await Deno.mkdir(npmCache, { recursive: true });
  await Deno.symlink(npmCache, join(cache, "npm"));
  return cache;
}

/** Runs a script in an empty project; `SHEEPOP` in it is the URL of the repository. */
async function runInEmptyProject(script: string, flags: string[] = []): Promise<Output> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-url-import-" });
  await using server = serveRepository();
  const host = `127.0.0.1:${server.addr.port}`;
  try {
    const project = join(folder, "project");
    await Deno.mkdir(project);
    await Deno.writeTextFile(
      join(project, "main.ts"),
      script.replaceAll("SHEEPOP", `http://${host}`).replaceAll("DEVICE", DEVICE),
    );
    return await deno(["run", "--no-prompt", `--allow-import=${host}`, ...flags, "main.ts"], {
      cwd: project,
      env: { DENO_DIR: await makeCache(folder) },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("mod.ts can be imported from a URL by a project without configuration or permissions", async () => {
  const { code, stdout, stderr } = await runInEmptyProject(`
    import * as sheepop from "SHEEPOP/mod.ts";
    const names = Object.entries(sheepop).filter(([, value]) => typeof value === "function").map(([name]) => name);
    console.log(JSON.stringify(names));
  `);
  assertEquals(code, 0, stderr);
  assertArrayIncludes(JSON.parse(stdout), EXPORTED_FUNCTIONS);
});

Deno.test("mod.ts type-checks from a URL", async () => {
  const { code, stderr } = await runInEmptyProject(
    `
    import { type Config, defaultConfig } from "SHEEPOP/mod.ts";
    const config: Config = defaultConfig();
    const wrong: string = config.model.numLayers;
    console.log(wrong);
  `,
    ["--check"],
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Type 'number' is not assignable to type 'string'");
  assertEquals(stderr.match(/TS\d+ \[ERROR\]/g)?.length, 1, stderr);
});

interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly { readonly specifier: string; readonly isDynamic?: boolean }[];
  }[];
}

Deno.test("mod.ts reaches no bare name, and packages only by an exact dynamic import", async () => {
  const { code, stdout, stderr } = await deno(["info", "--json", "mod.ts"], { cwd: ROOT });
  assertEquals(code, 0, stderr);
  const graph: ModuleGraph = JSON.parse(stdout);
  const refused: string[] = [];
  for (const { specifier: from, error, dependencies = [] } of graph.modules) {
    if (error) refused.push(`${from}: ${error}`);
    if (!from.startsWith("file:")) continue;
    for (const { specifier, isDynamic } of dependencies) {
      const isPortable = /^(?:\.{1,2}\/|node:)/.test(specifier) || (isDynamic && EXACT_NPM.test(specifier));
      if (!isPortable) refused.push(`${from} imports ${specifier}`);
    }
  }
  assertEquals(refused, []);
});

Deno.test("mod.ts from a URL trains a step and writes with the model", async () => {
  const { code, stdout, stderr } = await runInEmptyProject(
    `
    import { defaultConfig, generateFromCheckpoint, trainFromFiles } from "SHEEPOP/mod.ts";
    await Deno.mkdir("notes");
    await Deno.writeTextFile("notes/a.txt", "The sheep cross the hill at dawn. ".repeat(20));
    const config = defaultConfig();
    config.data.paths = ["notes"];
    Object.assign(config.model, { dModel: 16, numLayers: 1, numHeads: 2, maxSeqLen: 16 });
    Object.assign(config.training, { maxSteps: 1, batchSize: 2, warmupSteps: 0, sampleTokens: 0 });
    config.resources.device = "DEVICE";
    config.monitor.plots = false;
    const { step } = await trainFromFiles(config);
    const [text] = await generateFromCheckpoint(config, { checkpoint: config.training.runDir, prompt: "The", maxLength: 6 });
    console.log(JSON.stringify({ step, length: text.length }));
  `,
    ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run"],
  );
  assertEquals(code, 0, stderr);
  const { step, length } = JSON.parse(stdout);
  assertEquals(step, 1);
  assertEquals(length > 0, true);
});
