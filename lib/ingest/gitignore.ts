// The .gitignore files of a repository, as a walk goes down its folders: each speaks of what is in its folder and below, the
// deeper one first. As with ripgrep, they count inside a git repository only, a repository inside another one begins
// anew, and files that git follows in spite of them are ignored too. Unlike ripgrep, nothing above the walked path is
// read: a folder that is named itself was meant, and the user's own list of ignored files is no part of the data.
// See https://git-scm.com/docs/gitignore

import { join } from "node:path";
import { parseIgnoreFile, type PathRules } from "./path_rules.ts";

/** What has been said on the way down to a folder, the deepest last. */
export interface IgnoreChain {
  readonly files: readonly IgnoreFile[];
}

interface IgnoreFile {
  /** Path of its folder below the root of the walk, ending with `/` unless empty. */
  readonly below: string;
  readonly rules: PathRules;
}

const MAX_FILE_BYTES = 1 << 20;

/**
 * The chain for a walk's root.
 *
 * @param location - the root, without symbolic links in its path
 * @returns undefined outside of a repository
 */
export async function openIgnoreChain(location: string): Promise<IgnoreChain | undefined> {
  for (let folder = location;;) {
    if (await exists(join(folder, ".git"))) return { files: [] };
    const parent = join(folder, "..");
    if (parent === folder) return undefined;
    folder = parent;
  }
}

/**
 * The chain for what is in a folder.
 *
 * @param above - chain of the folder itself
 * @param folder.below - its path below the root of the walk, empty for the root
 * @param folder.names - of the folder's entries, to know without looking whether it has what is needed
 */
export async function enterFolder(
  above: IgnoreChain | undefined,
  folder: { readonly location: string; readonly below: string; readonly names: ReadonlySet<string> },
): Promise<IgnoreChain | undefined> {
  const { location, names } = folder;
  const isRepository = names.has(".git");
  if (!isRepository && (above === undefined || !names.has(".gitignore"))) return above;
  const below = folder.below === "" ? "" : `${folder.below}/`;
  const files = isRepository ? [] : [...above!.files];
  const paths = [
    ...(isRepository ? [join(location, ".git", "info", "exclude")] : []),
    join(location, ".gitignore"),
  ];
  for (const path of paths) {
    const rules = parseIgnoreFile(await readSmallFile(path));
    if (rules.size > 0) files.push({ below, rules });
  }
  return { files };
}

/**
 * Whether an entry is ignored.
 *
 * @param path - below the root of the walk
 */
export function isIgnored(
  chain: IgnoreChain | undefined,
  path: string,
  options: { readonly isFolder: boolean },
): boolean {
  for (const { below, rules } of chain?.files.toReversed() ?? []) {
    const decided = rules.decide(path.slice(below.length), options);
    if (decided !== undefined) return decided;
  }
  return false;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Text of a regular file; what cannot be read ignores nothing, and git follows no link here either. */
async function readSmallFile(path: string): Promise<string> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    return isFile && size <= MAX_FILE_BYTES ? await Deno.readTextFile(path) : "";
  } catch {
    return "";
  }
}
