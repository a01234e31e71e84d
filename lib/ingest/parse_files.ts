// Second pass over the files: what each holds, in the order of the scan, from the cache or from a parsing child.

import { join } from "node:path";
import { basename } from "node:path/posix";
import { sha256 as hashOf } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import { ARCHIVE_KINDS, type FileKind } from "./file_kinds.ts";
import { inOrder } from "./in_order.ts";
import { leftOut, type ManifestEntry, reasonOf } from "./manifest.ts";
import { ParseCache } from "./parse_cache.ts";
import { LANGUAGE_IS_MISSING, PACKAGE_IS_MISSING, type ParsedFile } from "./parse_lines.ts";
import { ParsePool } from "./parse_pool.ts";
import { OWN_KINDS, PARSER_NAMES } from "./parsers/parser_names.ts";
import type { ScannedFile } from "./scan_files.ts";

/** A file and what was in it. */
export interface FileResult {
  readonly file: ScannedFile;
  /** Members of an archive and, last, the file itself; or a line about a file that could not be opened. */
  readonly parsed: readonly ParsedFile[] | ManifestEntry;
  /** Milliseconds of parsing, 0 when it came from the cache. */
  readonly elapsedMs: number;
}

/** How far the parser is inside a file. */
export interface PagesDone {
  /** Path of the file. */
  readonly path: string;
  /** Pages, or whatever its format counts. */
  readonly done: number;
  /** Of so many. */
  readonly total: number;
}

/** Raise it when the same parser and settings give other text than before. */
const CACHE_VERSION = 1;
const CACHE_FILE = "parsed.sqlite";
/** Files in work for each child: one is parsed while the next is read. */
const FILES_PER_CHILD = 4;
/** Files that take a moment, unless they are of a kind of which little may hold much. */
const SMALL_BYTES = 256 * 2 ** 10;
const SLOW_KINDS: ReadonlySet<FileKind> = new Set<FileKind>(["pdf", "image", "sqlite", ...ARCHIVE_KINDS]);
const MOST_BYTES_AT_ONCE = 128 * 2 ** 20;
/** With another state of this machine, the same file gives another text. */
const PASSING_REASONS: ReadonlySet<string> = new Set([PACKAGE_IS_MISSING, LANGUAGE_IS_MISSING]);
/** Settings that never change what a file holds. */
const OUTER_SETTINGS: ReadonlySet<string> = new Set<keyof Config["data"]>([
  "paths",
  "gitignore",
  "outputDir",
  "maxFiles",
  "validationFraction",
  "workers",
  "parserMemory",
  "fileTimeout",
  "pageTimeout",
]);
/** Settings that choose among files, those inside an archive too. */
const CHOOSING_SETTINGS: ReadonlySet<string> = new Set<keyof Config["data"]>([
  "include",
  "exclude",
  "extensions",
  "maxFileBytes",
]);

/**
 * Parses files.
 *
 * @param files - of a scan; `sha256` is corrected where a file has changed since
 * @param data - settings of the run
 * @param onPages - called while files are parsed that have pages
 */
export async function* parseFiles(
  files: readonly ScannedFile[],
  data: Config["data"],
  onPages: (pages: PagesDone) => void,
): AsyncGenerator<FileResult> {
  using cache = await ParseCache.open(join(data.outputDir, CACHE_FILE));
  await using pool = await ParsePool.open(data);
  yield* inOrder(files, (file) => parseOne(file, { data, cache, pool, onPages }), {
    width: FILES_PER_CHILD * pool.size,
    weight: ({ bytes }) => bytes,
    maxWeight: MOST_BYTES_AT_ONCE,
  });
}

/**
 * The settings that decide what text a file becomes.
 *
 * @param options.isArchive - the settings that choose among files matter as well
 */
export function textSettings(
  data: Config["data"],
  options: { readonly isArchive: boolean },
): Record<string, unknown> {
  const matters = (key: string) =>
    !OUTER_SETTINGS.has(key) && (options.isArchive || !CHOOSING_SETTINGS.has(key));
  return Object.fromEntries(Object.entries(data).filter(([key]) => matters(key)));
}

async function parseOne(
  file: ScannedFile,
  context: {
    readonly data: Config["data"];
    readonly cache: ParseCache;
    readonly pool: ParsePool;
    readonly onPages: (pages: PagesDone) => void;
  },
): Promise<FileResult> {
  const { data, cache, pool, onPages } = context;
  const known = cache.get(cacheKey(file, data));
  if (known !== undefined) return { file, parsed: known, elapsedMs: 0 };
  const { path, location, kind } = file;
  try {
    const bytes = await Deno.readFile(location);
    Object.assign(file, { sha256: hashOf(bytes), bytes: bytes.length });
    const isOwn = kind === "sqlite" || OWN_KINDS.has(kind) && isUtf8(bytes);
    const { files: parsed, elapsedMs } = await pool.parse({
      name: basename(path),
      bytes,
      needsPackages: !isOwn,
      onPages: (done, total) => onPages({ path, done, total }),
      isSmall: bytes.length <= SMALL_BYTES && !SLOW_KINDS.has(kind),
    });
    file.isPassing = parsed.some(({ reason }) => reason !== null && PASSING_REASONS.has(reason));
    // What a limit stopped, which has no parser, may come further on another machine.
    const isLasting = !file.isPassing && parsed.at(-1)!.parser !== null;
    if (isLasting) cache.set(cacheKey(file, data), parsed);
    return { file, parsed, elapsedMs };
  } catch (error) {
    const { bytes } = file;
    file.isPassing = true;
    return {
      file,
      parsed: leftOut(path, { kind, bytes, status: "failed", reason: reasonOf(error) }),
      elapsedMs: 0,
    };
  }
}

function cacheKey({ kind, sha256, path }: ScannedFile, data: Config["data"]): string {
  const isArchive = ARCHIVE_KINDS.has(kind);
  // What is in an archive may be of any kind.
  const parsers = isArchive ? Object.values(PARSER_NAMES) : PARSER_NAMES[kind];
  const settings = textSettings(data, { isArchive });
  // Members of zip and tar files have their own names.
  const name = kind === "zip" || kind === "tar" ? "" : basename(path);
  const parts = [CACHE_VERSION, parsers, kind, name, settings, sha256];
  return hashOf(JSON.stringify(parts));
}

/** Other encodings are told apart by a package. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
