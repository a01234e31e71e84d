// Finds the files to read below the paths of the configuration, in an order that depends on their names
// only. Symbolic links are never followed and nothing but regular files is ever opened, so a walk neither
// leaves its folder nor waits for a pipe. Knows nothing of contents.

import { basename, join, resolve, sep } from "node:path";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { type FileKind, fileKind, hasExtension } from "./file_kinds.ts";
import { leftOut, type ManifestEntry, reasonOf } from "./manifest.ts";
import { parsePathRules, type PathRules } from "./path_rules.ts";

/** A regular file to read. */
export interface FoundFile {
  /** Path for people: name of the root and the path below it, separated by `/`. */
  readonly path: string;
  /** Path to open it by. */
  readonly location: string;
  /** What its name says it is; undefined for a name that says nothing, so that the content decides. */
  readonly kind: FileKind | undefined;
  /** Size when it was found. */
  readonly bytes: number;
}

/** What a walk passes by: a file to read, or a finished line about one that is not. */
export type WalkedFile = FoundFile | ManifestEntry;

interface Place {
  readonly path: string;
  readonly location: string;
  /** Path below the root, empty for the root. */
  readonly below: string;
  /** A folder above matches `data.include`, so everything in it is wanted. */
  readonly isIncluded: boolean;
}

interface Walk {
  readonly data: Config["data"];
  readonly include: PathRules;
  readonly exclude: PathRules;
  /** Folders the pipeline itself writes. */
  readonly own: ReadonlySet<string>;
}

// the longest string is 2^29 characters and a document becomes one line of JSON
const MAX_DOCUMENT_BYTES = 256 * 2 ** 20;

/**
 * Walks every path of `data.paths`, folders recursively, names in code-unit order.
 *
 * @param config - `data` and the folders the pipeline writes, which are left out
 * @throws {UsageError} when a path does not exist or a pattern is not one
 */
export async function* walkFiles(config: Config): AsyncGenerator<WalkedFile> {
  const { data } = config;
  const walk: Walk = {
    data,
    include: parsePathRules(data.include, { key: "data.include" }),
    exclude: parsePathRules(data.exclude, { key: "data.exclude" }),
    own: new Set(
      await Promise.all(
        [join(data.outputDir, "text"), join(data.outputDir, "tokens"), config.training.runDir].map(realPath),
      ),
    ),
  };
  for (const root of data.paths) yield* walkRoot(root, walk);
}

async function realPath(path: string): Promise<string> {
  return await Deno.realPath(path).catch(() => resolve(path));
}

async function* walkRoot(root: string, walk: Walk): AsyncGenerator<WalkedFile> {
  let location: string;
  let stat: Deno.FileInfo;
  try {
    location = await Deno.realPath(root);
    stat = await Deno.lstat(location);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file or folder" : reasonOf(error);
    throw new UsageError(`Cannot read data from ${root}: ${why}; correct data.paths`, { cause: error });
  }
  const place = { path: basename(location) || "root", location, below: "", isIncluded: false };
  if (stat.isDirectory) yield* walkFolder(place, walk);
  else yield describeFile(place, { stat, data: walk.data });
}

/** Depth first by a stack, so that a thousand nested folders are no deeper a call than one. */
async function* walkFolder(root: Place, walk: Walk): AsyncGenerator<WalkedFile> {
  const stack: (Place | WalkedFile)[] = [root];
  while (stack.length > 0) {
    const next = stack.pop()!;
    if (!("below" in next)) {
      yield next;
      continue;
    }
    try {
      for (const entry of await reverseEntries(next.location)) {
        stack.push(await lookAt(entry, { folder: next, root, walk }));
      }
    } catch (error) {
      yield leftOut(next.path, { status: "failed", reason: reasonOf(error) });
    }
  }
}

/** Entries of a folder, last path first; a folder counts with a slash, as in the paths below it. */
async function reverseEntries(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(
    Deno.readDir(folder),
    (entry) => ({ entry, key: entry.isDirectory ? `${entry.name}/` : entry.name }),
  );
  return entries.sort((a, b) => a.key < b.key ? 1 : a.key > b.key ? -1 : 0).map(({ entry }) => entry);
}

/** A folder to walk later, a file to read, or a line about what is left out. */
async function lookAt(
  entry: Deno.DirEntry,
  context: { readonly folder: Place; readonly root: Place; readonly walk: Walk },
): Promise<Place | WalkedFile> {
  const { folder, root, walk } = context;
  const isFolder = entry.isDirectory;
  const below = folder.below === "" ? entry.name : `${folder.below}/${entry.name}`;
  const place = {
    path: `${root.path}/${below}`,
    location: join(folder.location, entry.name),
    below,
    isIncluded: folder.isIncluded || walk.include.matches(below, { isFolder }),
  };
  if (walk.exclude.matches(below, { isFolder })) {
    return leftOut(place.path, { reason: "excluded by data.exclude" });
  }
  if (entry.isSymlink) {
    const reason = await symlinkReason(place.location, { root: root.location, folder: folder.location });
    return leftOut(place.path, { reason });
  }
  if (isFolder) {
    return walk.own.has(place.location)
      ? leftOut(place.path, { reason: "written by sheepop itself" })
      : place;
  }
  if (walk.include.size > 0 && !place.isIncluded) {
    return leftOut(place.path, { reason: "not matched by data.include" });
  }
  try {
    const stat = await Deno.lstat(place.location);
    if (stat.isFile && !hasExtension(entry.name, walk.data.extensions)) {
      return leftOut(place.path, { bytes: stat.size, reason: "extension is not in data.extensions" });
    }
    return describeFile(place, { stat, data: walk.data });
  } catch (error) {
    return leftOut(place.path, { status: "failed", reason: reasonOf(error) });
  }
}

function describeFile(
  place: Place,
  options: { readonly stat: Deno.FileInfo; readonly data: Config["data"] },
): WalkedFile {
  const { stat, data } = options;
  const { path, location } = place;
  if (!stat.isFile) return leftOut(path, { reason: specialReason(stat) });
  const bytes = stat.size;
  const named = fileKind(basename(location));
  const kind = named ?? null;
  if (bytes === 0) return leftOut(path, { kind, reason: "empty" });
  if (bytes > data.maxFileBytes) {
    return leftOut(path, { kind, bytes, reason: "larger than data.max_file_bytes" });
  }
  if (bytes > MAX_DOCUMENT_BYTES) {
    return leftOut(path, { kind, bytes, reason: "larger than 256 MiB: split it" });
  }
  return { path, location, kind: named, bytes };
}

function specialReason(stat: Deno.FileInfo): string {
  if (stat.isFifo) return "named pipe";
  if (stat.isSocket) return "socket";
  return stat.isBlockDevice || stat.isCharDevice ? "device" : "not a regular file";
}

async function symlinkReason(link: string, options: { root: string; folder: string }): Promise<string> {
  try {
    const target = await Deno.realPath(link);
    if (isInside(options.folder, target)) return "symbolic link loop";
    if (isInside(target, options.root)) return "symbolic link: its target is read at its own place";
    return "symbolic link out of the folder";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "symbolic link to nothing" : reasonOf(error);
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
