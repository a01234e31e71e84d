// `deno task std`: makes `@std` answer on this machine. Where JSR answers, or Deno's cache holds the packages, nothing
// is needed. Elsewhere the adapters of `tasks/std_adapters/` are copied to `.std/`, which `links` in deno.json puts in
// the place of the real packages. Runs with `--no-config`, so it imports nothing but `node:`.

import { join } from "node:path";

/** Where the packages come from. */
export type StdSource = "jsr" | "adapters";

/** How {@link prepareStd} decides. */
export interface StdOptions {
  /** `auto` looks; the others decide. */
  readonly source: StdSource | "auto";
  /** Root of the repository. */
  readonly root: string;
  /** Whether JSR answers; asked only where `.std/` is not fresh. */
  readonly isJsrReachable?: () => Promise<boolean>;
  /** Whether Deno's cache holds the packages; asked only where JSR does not answer. */
  readonly isCached?: () => Promise<boolean>;
}

const PROBE_TIMEOUT_MS = 4_000;
/** After this time `.std/` is decided anew: a laptop may be online again. */
const FRESH_MS = 12 * 60 * 60 * 1_000;
const STAMP_FILE = ".stamp.json";

/** What {@link prepareStd} found and did. */
export interface StdResult {
  /** Where the packages come from now. */
  readonly source: StdSource;
  /** Whether this was decided now and not before. */
  readonly isFresh: boolean;
}

/**
 * Makes `@std` answer.
 *
 * @param options which source to use, and how to look
 * @returns where the packages come from now
 */
export async function prepareStd(options: StdOptions): Promise<StdResult> {
  const { root } = options;
  const fingerprint = await fingerprintOf(join(root, "tasks", "std_adapters"));
  const stamp = await readStamp(root);
  const isSame = stamp?.fingerprint === fingerprint;
  if (options.source === "auto" && isSame && Date.now() - stamp.writtenAtMs < FRESH_MS) {
    return { source: stamp.source, isFresh: false };
  }
  const source = options.source === "auto" ? await chooseSource(options) : options.source;
  const renewed = { source, fingerprint, writtenAtMs: Date.now() };
  try {
    if (isSame && stamp.source === source) await writeStamp(join(root, ".std"), renewed);
    else await writeStd(root, renewed);
  } catch (error) {
    // An installation that only its owner may write keeps what it was made with.
    if (!stamp || !(error instanceof Deno.errors.PermissionDenied || isReadOnly(error))) throw error;
    return { source: stamp.source, isFresh: false };
  }
  return { source, isFresh: true };
}

/** Commands that may swap `.std/` between the two renames of one of them. */
const MOST_ATTEMPTS = 50;

interface Stamp {
  readonly source: StdSource;
  readonly fingerprint: string;
  readonly writtenAtMs: number;
}

async function chooseSource(options: StdOptions): Promise<StdSource> {
  if (await (options.isJsrReachable ?? isJsrReachable)()) return "jsr";
  const isCached = options.isCached ?? (() => isStdCached(options.root));
  return await isCached() ? "jsr" : "adapters";
}

async function isJsrReachable(): Promise<boolean> {
  const url = new URL("@std/assert/meta.json", Deno.env.get("JSR_URL") ?? "https://jsr.io/");
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const body = await response.text();
    return response.ok && body.includes("versions");
  } catch {
    return false;
  }
}

/** Asks Deno to load every declared `@std` package from its cache alone, with a configuration that has no `links`. */
async function isStdCached(root: string): Promise<boolean> {
  const { imports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json"))) as {
    imports: Record<string, string>;
  };
  const names = Object.keys(imports).filter((name) => name.startsWith("@std/"));
  const folder = await Deno.makeTempDir({ prefix: "sheepop-std-" });
  try {
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ imports }));
    await Deno.writeTextFile(
      join(folder, "probe_test.ts"),
      names.map((name) => `import "${probeSpecifier(name)}";`).join("\n"),
    );
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--no-run",
        "--no-check",
        "--no-lock",
        "--cached-only",
        "--config",
        "deno.json",
        "probe_test.ts",
      ],
      cwd: folder,
      stdout: "null",
      stderr: "null",
    }).output();
    return code === 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `@std/testing` has no root export, and of `@std/cli` only one part is used. */
function probeSpecifier(name: string): string {
  const parts: Record<string, string> = {
    "@std/testing": "@std/testing/mock",
    "@std/cli": "@std/cli/parse-args",
  };
  return parts[name] ?? name;
}

/** Writes `.std/` beside its place and renames it, so that no other command sees half of it. */
async function writeStd(root: string, stamp: Stamp): Promise<void> {
  const target = join(root, ".std");
  const fresh = await Deno.makeTempDir({ dir: root, prefix: ".std-" });
  if (stamp.source === "adapters") await copyTree(join(root, "tasks", "std_adapters"), fresh);
  await writeStamp(fresh, stamp);
  await Deno.chmod(fresh, 0o755);
  await swapIn(fresh, target);
}

/** Other commands may do the same at this moment: whoever is between our two renames is moved aside again. */
async function swapIn(fresh: string, target: string): Promise<void> {
  const olds: string[] = [];
  for (let attempt = 0;; attempt++) {
    const old = `${fresh}-old-${attempt}`;
    olds.push(old);
    await Deno.rename(target, old).catch(ignoreNotFound);
    try {
      await Deno.rename(fresh, target);
      break;
    } catch (error) {
      if (attempt === MOST_ATTEMPTS) throw error;
    }
  }
  for (const old of olds) await Deno.remove(old, { recursive: true }).catch(ignoreNotFound);
}

async function writeStamp(folder: string, stamp: Stamp): Promise<void> {
  const path = await Deno.makeTempFile({ dir: folder, prefix: ".stamp-" });
  await Deno.writeTextFile(path, JSON.stringify(stamp));
  await Deno.chmod(path, 0o644);
  await Deno.rename(path, join(folder, STAMP_FILE));
}

async function readStamp(root: string): Promise<Stamp | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(join(root, ".std", STAMP_FILE)));
  } catch {
    return undefined;
  }
}

async function fingerprintOf(folder: string): Promise<string> {
  const parts: string[] = [Deno.version.deno];
  for (const path of await filesUnder(folder)) parts.push(path, await Deno.readTextFile(join(folder, path)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(parts)));
  return new Uint8Array(digest).toHex();
}

async function copyTree(from: string, to: string): Promise<void> {
  for (const path of await filesUnder(from)) {
    await Deno.mkdir(join(to, path, ".."), { recursive: true });
    await Deno.copyFile(join(from, path), join(to, path));
  }
}

async function filesUnder(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(join(folder, prefix))) {
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory) paths.push(...await filesUnder(folder, path));
    else paths.push(path);
  }
  return paths.sort();
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Error && error.message.includes("os error 30");
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  const source = Deno.args[0] ?? "auto";
  const root = join(import.meta.dirname!, "..");
  if (source !== "auto" && source !== "jsr" && source !== "adapters") {
    console.error(`Cannot prepare @std: the source is auto, jsr or adapters, not "${source}"`);
    Deno.exit(2);
  }
  try {
    const result = await prepareStd({ source, root });
    if (result.isFresh) console.error(`@std: ${result.source}`);
  } catch (error) {
    console.error(`Cannot prepare @std: ${error instanceof Error ? error.message : error}`);
    console.error(`Run tasks/std.ts once as a user who may write to ${root}`);
    Deno.exit(1);
  }
}
