// The part of `@std/fs` that sheepop uses, over `Deno`, for machines where JSR does not answer.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Options of {@link walk}. */
export interface WalkOptions {
  /** Deepest level, the root being 0. */
  maxDepth?: number;
  /** Whether files are yielded. */
  includeFiles?: boolean;
  /** Whether folders are yielded. */
  includeDirs?: boolean;
  /** Whether symbolic links are yielded. */
  includeSymlinks?: boolean;
  /** Whether symbolic links are followed. Refused here: it can leave the root. */
  followSymlinks?: false;
  /** Endings of which one is required, with or without the dot. */
  exts?: string[];
  /** Patterns of which one must match the path. */
  match?: RegExp[];
  /** Patterns of which none may match the path; a folder that matches is not entered. */
  skip?: RegExp[];
}

/** What {@link walk} yields. */
export interface WalkEntry extends Deno.DirEntry {
  /** Path, starting with the root as given. */
  path: string;
}

/** Options of {@link exists}. */
export interface ExistsOptions {
  /** Whether the path must also be readable. */
  isReadable?: boolean;
  /** Whether it must be a folder. */
  isDirectory?: boolean;
  /** Whether it must be a file. */
  isFile?: boolean;
}

/** Options of {@link copy}. */
export interface CopyOptions {
  /** Whether an existing target is replaced. */
  overwrite?: boolean;
  /** Whether times are kept. */
  preserveTimestamps?: boolean;
}

/** Yields the root and everything under it, depth first. */
export async function* walk(root: string | URL, options: WalkOptions = {}): AsyncIterableIterator<WalkEntry> {
  const path = toPath(root);
  const { maxDepth = Infinity, includeDirs = true, skip } = options;
  const exts = options.exts?.map((ext) => ext.startsWith(".") ? ext : `.${ext}`);
  if (maxDepth < 0) return;
  if (includeDirs && isIncluded(path, exts, options)) yield { path, ...await entryOf(path) };
  if (maxDepth < 1 || !isIncluded(path, undefined, { skip })) return;
  for await (const entry of Deno.readDir(path)) {
    const child = join(path, entry.name);
    if (entry.isDirectory) {
      yield* walk(child, { ...options, maxDepth: maxDepth - 1 });
    } else if (isYielded(entry, options) && isIncluded(child, exts, options)) {
      yield { path: child, ...entry };
    }
  }
}

/** Makes a folder and its parents where they are missing. */
export async function ensureDir(dir: string | URL): Promise<void> {
  const stat = await Deno.stat(dir).catch(() => undefined);
  if (stat && !stat.isDirectory) {
    throw new Error(
      `Failed to ensure directory exists: expected 'dir', got '${stat.isFile ? "file" : "symlink"}'`,
    );
  }
  await Deno.mkdir(dir, { recursive: true });
}

/** Whether something is at a path. */
export async function exists(path: string | URL, options: ExistsOptions = {}): Promise<boolean> {
  try {
    const stat = await Deno.stat(path);
    if (options.isDirectory && !stat.isDirectory) return false;
    if (options.isFile && !stat.isFile) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return !options.isReadable;
    throw error;
  }
}

/** Copies a file or a folder with all it holds. */
export async function copy(src: string | URL, dest: string | URL, options: CopyOptions = {}): Promise<void> {
  const from = toPath(src);
  const to = toPath(dest);
  const stat = await Deno.lstat(from);
  if (!options.overwrite && await exists(to)) throw new Deno.errors.AlreadyExists(`'${to}' already exists.`);
  if (stat.isDirectory) {
    await Deno.mkdir(to, { recursive: true });
    for await (const entry of Deno.readDir(from)) {
      await copy(join(from, entry.name), join(to, entry.name), options);
    }
  } else if (stat.isSymlink) {
    await Deno.remove(to).catch(() => {});
    await Deno.symlink(await Deno.readLink(from), to);
  } else {
    await Deno.copyFile(from, to);
  }
  if (options.preserveTimestamps && stat.mtime && !stat.isSymlink) {
    await Deno.utime(to, stat.atime ?? stat.mtime, stat.mtime);
  }
}

/** Empties a folder, making it where it is missing. */
export async function emptyDir(dir: string | URL): Promise<void> {
  const path = toPath(dir);
  await Deno.mkdir(path, { recursive: true });
  for await (const entry of Deno.readDir(path)) {
    await Deno.remove(join(path, entry.name), { recursive: true });
  }
}

async function entryOf(path: string): Promise<Deno.DirEntry> {
  const { isFile, isDirectory, isSymlink } = await Deno.stat(path);
  return { name: path.replace(/\/+$/, "").split("/").at(-1)!, isFile, isDirectory, isSymlink };
}

function isYielded(entry: Deno.DirEntry, options: WalkOptions): boolean {
  return entry.isSymlink ? options.includeSymlinks ?? true : options.includeFiles ?? true;
}

function isIncluded(
  path: string,
  exts: string[] | undefined,
  options: Pick<WalkOptions, "match" | "skip">,
): boolean {
  if (exts && !exts.some((ext) => path.endsWith(ext))) return false;
  if (options.match && !options.match.some((pattern) => pattern.test(path))) return false;
  return !options.skip?.some((pattern) => pattern.test(path));
}

function toPath(path: string | URL): string {
  return typeof path === "string" ? path : fileURLToPath(path);
}
