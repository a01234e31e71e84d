// A repository given by its URL, brought into a folder by the user's own git: the newest commit only, no hooks, no
// submodules, no questions. What it holds is data from a stranger, so nothing in it is run.
// See https://git-scm.com/docs/git#Documentation/git.txt-codeGITALLOWPROTOCOLcode

import { join, resolve } from "node:path";
import { openStagingFolder } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import { sha256 } from "../common/hash.ts";

/** A repository on disk. */
export interface ClonedRepository {
  /** Folder of its files. */
  readonly location: string;
  /** Name for people, the end of the URL. */
  readonly name: string;
}

const MAX_MINUTES = 15;
/** No host begins like an option of ssh. */
const PROTOCOLS = /^(?:https|ssh|file):\/\/(?!-|[^/]*@-)/i;
/** `user@host:path`, the short form of ssh. */
const SHORT_FORM = /^\w[\w.-]*@\w[\w.-]*:(?!\/\/)[^:]/;
/** Variables that would point git at another repository, as inside of a hook. */
const LEFT_OUT_VARIABLES =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|COMMON_DIR|TEMPLATE_DIR)$/;
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.askPass=",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  "advice.detachedHead=false",
  "gc.auto=0",
];

/** Whether a path of the configuration is the URL of a repository. */
export function isRepositoryUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /^[a-z][a-z0-9+.-]*::/i.test(path) || SHORT_FORM.test(path);
}

/** A URL without name and password, for people; other paths as they are. */
export function shownUrl(url: string): string {
  if (!isRepositoryUrl(url)) return url;
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1").replace(/[?#][^]*$/, "");
}

/**
 * Brings the newest commit of a repository into `<folder>/<hash of the URL>`, or brings up to date what is there.
 *
 * @param url - https, ssh or file; ssh also as `git@host:path`
 * @param options.folder - made if missing
 * @param options.signal - kills git
 * @throws {UsageError} when the protocol is another one, git is missing, or git gives up
 */
export async function cloneRepository(
  url: string,
  options: { readonly folder: string; readonly signal?: AbortSignal },
): Promise<ClonedRepository> {
  const shown = shownUrl(url);
  if (!PROTOCOLS.test(url) && !SHORT_FORM.test(url)) {
    throw new UsageError(
      `Cannot clone ${shown}: only https://, ssh:// and file:// are taken; give one of them`,
    );
  }
  const location = resolve(options.folder, sha256(shown).slice(0, 12));
  await using staging = await openStagingFolder(options.folder);
  const { signal } = options;
  const bring = async (folder: string): Promise<void> => {
    // named outright, or git would look for a repository in the folders above, and clean that one
    const context = {
      folder,
      url,
      signal,
      options: [`--git-dir=${join(folder, ".git")}`, `--work-tree=${folder}`],
    };
    await runGit(["fetch", "--quiet", "--force", "--depth=1", "--no-tags", "--", url, "HEAD"], context);
    await runGit(["reset", "--quiet", "--hard", "FETCH_HEAD"], context);
    await runGit(["clean", "--quiet", "-ffdx"], context);
  };
  if (await isFolder(join(location, ".git"))) {
    try {
      await bring(location);
      return { location, name: nameOf(shown) };
    } catch (error) {
      // a run killed on the way may have left it half changed: begin anew before giving up
      if (signal?.aborted) throw error;
    }
  }
  const fresh = resolve(staging.path, "repository");
  await runGit(["init", "--quiet", "--template=", "--", fresh], { folder: staging.path, url, signal });
  await bring(fresh);
  await Deno.remove(location, { recursive: true }).catch(() => {});
  await Deno.rename(fresh, location);
  return { location, name: nameOf(shown) };
}

async function runGit(
  args: readonly string[],
  context: {
    readonly folder: string;
    readonly url: string;
    readonly signal?: AbortSignal;
    readonly options?: readonly string[];
  },
): Promise<void> {
  const { folder, url } = context;
  const timeout = AbortSignal.timeout(MAX_MINUTES * 60_000);
  const signal = context.signal === undefined ? timeout : AbortSignal.any([timeout, context.signal]);
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  let child: Deno.ChildProcess;
  try {
    const command = new Deno.Command("git", {
      args: [...settings, ...(context.options ?? []), ...args],
      cwd: folder,
      clearEnv: true,
      env: gitEnvironment(),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal,
    });
    child = command.spawn();
  } catch (error) {
    throw noGit(error, shownUrl(url));
  }
  const kill = () => child.kill("SIGKILL");
  globalThis.addEventListener("unload", kill);
  const { success, stderr } = await child.output().finally(() =>
    globalThis.removeEventListener("unload", kill)
  );
  if (success) return;
  context.signal?.throwIfAborted();
  const why = timeout.aborted ? `git took longer than ${MAX_MINUTES} minutes` : lastWords(stderr, url);
  throw new UsageError(
    `Cannot clone ${shownUrl(url)}: ${why}; correct data.paths, or clone it yourself and give the folder`,
  );
}

/** The user's own settings, but no questions and only our protocols. */
function gitEnvironment(): Record<string, string> {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !LEFT_OUT_VARIABLES.test(name));
  return {
    GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
    ...Object.fromEntries(own),
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    GIT_ALLOW_PROTOCOL: "https:ssh:file",
    GIT_LFS_SKIP_SMUDGE: "1",
    LC_ALL: "C",
  };
}

function noGit(error: unknown, shown: string): unknown {
  if (error instanceof Deno.errors.NotFound) {
    return new UsageError(
      `Cannot clone ${shown}: git was not found; install git, or clone it yourself and give the folder`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new UsageError(
      `Cannot clone ${shown}: this program may not run git; clone it yourself and give the folder`,
      { cause: error },
    );
  }
  return error;
}

/** The last line git wrote, on one line, without the password in the URL. */
function lastWords(stderr: Uint8Array, url: string): string {
  const text = new TextDecoder().decode(stderr).replaceAll(url, shownUrl(url)).replaceAll(
    /:\/\/[^/\s'"]*@/g,
    "://",
  );
  const line = text.trim().split("\n").at(-1)!.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, " ").trim();
  return line.replace(/^(?:fatal|error):\s*/, "").slice(0, 300) || "git failed without a word";
}

function nameOf(shown: string): string {
  const last = shown.replace(/[/\\]+$/, "").replace(/\.git$/i, "").split(/[/\\:]/).at(-1)!;
  return last.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^\.+/, "") || "repository";
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
