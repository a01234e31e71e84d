// `deno task compile`: builds `dist/sheepop`, one executable file with kernels and workers inside. It gets the
// permissions that deno.json gives the command line and nothing more, and never asks for others.
// Flags: --output PATH, --target TRIPLE (as in `deno compile`).

import { parseArgs } from "@std/cli/parse-args";
import { walk } from "@std/fs/walk";
import { dirname, fromFileUrl, join, relative } from "@std/path";
import { type CompiledBinary, readCompiledBinary } from "./compiled_binary.ts";

/** Where and for which system to build. */
export interface CompileOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Path of the executable. */
  readonly output: string;
  /** System, such as `x86_64-unknown-linux-gnu`; this one when not given. */
  readonly target?: string;
}

/** Deno could not load `denort`, the base of every executable. */
export class NoBaseBinaryError extends Error {
  override name = "NoBaseBinaryError";
}

/**
 * Builds the executable and reads back what is inside.
 *
 * @param options where and for which system
 * @returns what the executable carries
 * @throws {NoBaseBinaryError} when `denort` cannot be downloaded
 */
export async function compile(options: CompileOptions): Promise<CompiledBinary> {
  await Deno.mkdir(dirname(options.output), { recursive: true });
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: await compileArguments(options),
    cwd: options.root,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  const log = new TextDecoder().decode(stderr);
  if (code !== 0 && /release\/v[^ ]*denort-/.test(log)) {
    throw new NoBaseBinaryError(await noBaseBinary(options, log));
  }
  if (code !== 0) throw new Error(log.trim());
  return await readCompiledBinary(options.output);
}

/**
 * Files that only a Worker runs: nothing imports them, so `deno compile` does not find them.
 *
 * @param root root of the repository
 * @returns paths from the root, sorted
 */
export async function listWorkers(root: string): Promise<string[]> {
  const workers: string[] = [];
  for (const folder of ["cli", "lib"]) {
    for await (const entry of walk(join(root, folder), { includeDirs: false, match: [/_worker\.ts$/] })) {
      workers.push(relative(root, entry.path));
    }
  }
  return workers.sort();
}

async function compileArguments(options: CompileOptions): Promise<string[]> {
  return [
    "compile",
    "--no-prompt",
    "--app-name=sheepop",
    "--exclude-unused-npm",
    ...await permissionFlags(options.root),
    ...(await listWorkers(options.root)).map((worker) => `--include=${worker}`),
    ...(options.target ? [`--target=${options.target}`] : []),
    `--output=${options.output}`,
    "cli/main.ts",
  ];
}

/** The permissions of `deno run -P`, as flags. */
async function permissionFlags(root: string): Promise<string[]> {
  const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json"))) as {
    permissions: { default: Record<string, boolean | string[]> };
  };
  return Object.entries(config.permissions.default).flatMap(([name, value]) => {
    if (value === false) return [];
    return [Array.isArray(value) ? `--allow-${name}=${value.join(",")}` : `--allow-${name}`];
  });
}

async function noBaseBinary(options: CompileOptions, log: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: options.root })
    .output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string };
  const [, release, archive] = log.match(/release\/(v[^/ ]*)\/(denort-[\w-]+\.zip)/) ?? [];
  return `Cannot compile: denort, the base of the executable, cannot be downloaded; bring ${archive} of Deno ${release} ` +
    `into ${
      join(denoDir, "dl", "release", release ?? "")
    }, or set DENORT_BIN to an unpacked denort, and run this again`;
}

async function main(): Promise<void> {
  const root = fromFileUrl(new URL("..", import.meta.url));
  const flags = parseArgs(Deno.args, {
    string: ["output", "target"],
    unknown: (arg) => {
      console.error(`Cannot compile: the flags are --output PATH and --target TRIPLE, not ${arg}`);
      Deno.exit(2);
    },
  });
  const target = flags.target ? String(flags.target) : undefined;
  const fileName = target?.includes("windows") ? "sheepop.exe" : "sheepop";
  const output = flags.output ? String(flags.output) : join(root, "dist", fileName);
  try {
    const binary = await compile({ root, output, target });
    const { size } = await Deno.stat(output);
    console.log(`${output}: ${(size / 2 ** 20).toFixed(1)} MiB, ${binary.files.length} files inside`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

if (import.meta.main) await main();
