// Reads what `deno compile` put into an executable, without running it, so that a test can look where the executable
// cannot be started. The section is, in Deno's own order: the magic, then four parts of which each but the third is
// preceded by its length as a little-endian u64: metadata (JSON), npm snapshot, remote modules, file tree (JSON).

import { Buffer } from "node:buffer";

/** A file inside an executable. */
export interface EmbeddedFile {
  /** Path from the root of the embedded tree, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What an executable carries. */
export interface CompiledBinary {
  /** Path of the module that runs first. */
  readonly entryPoint: string;
  /** Name under which it stores data. */
  readonly appName: string | null;
  /** Permissions by name, such as `read`: `true` for all, a list, or `false`. */
  readonly permissions: Readonly<Record<string, boolean | readonly string[]>>;
  /** Whether it asks for a permission that it lacks. */
  readonly prompts: boolean;
  readonly files: readonly EmbeddedFile[];
}

const MAGIC = "d3n0l4nd";
const MAX_PART_BYTES = 1 << 28;

/**
 * Reads what an executable carries.
 *
 * @param path an executable made by `deno compile`
 * @returns its entry point, permissions and files
 * @throws {Error} when the file carries no such section
 */
export async function readCompiledBinary(path: string): Promise<CompiledBinary> {
  const bytes = Buffer.from((await Deno.readFile(path)).buffer);
  const { metadata, end } = findMetadata(bytes, path);
  return {
    entryPoint: metadata.entrypoint_key,
    appName: metadata.app_name ?? null,
    permissions: readPermissions(metadata.permissions),
    prompts: metadata.permissions.prompt === true,
    files: [...listFiles(findFileTree(bytes, end, path), "")],
  };
}

interface Metadata {
  readonly entrypoint_key: string;
  readonly app_name?: string | null;
  readonly permissions: Readonly<Record<string, unknown>>;
}

type TreeEntry =
  | { readonly Dir: { readonly n: string; readonly e: readonly TreeEntry[] } }
  | { readonly File: { readonly n: string; readonly o: readonly [offset: number, length: number] } }
  | { readonly Symlink: unknown };

/** The magic also stands in Deno's own code: the section is the one that is followed by metadata. */
function findMetadata(bytes: Buffer, path: string): { metadata: Metadata; end: number } {
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    const found = readJson(bytes, at + MAGIC.length);
    if (isMetadata(found?.value)) return { metadata: found.value, end: found.end };
  }
  throw new Error(`Cannot read ${path}: it was not made by deno compile`);
}

/** The remote modules carry no length, so the tree is the first list of entries that has exactly the stated length. */
function findFileTree(bytes: Buffer, metadataEnd: number, path: string): readonly TreeEntry[] {
  const snapshotEnd = metadataEnd + 8 + Number(bytes.readBigUInt64LE(metadataEnd));
  for (let at = bytes.indexOf('[{"', snapshotEnd); at >= 0; at = bytes.indexOf('[{"', at + 1)) {
    const found = readJson(bytes, at - 8);
    if (Array.isArray(found?.value)) return found.value;
  }
  throw new Error(`Cannot read ${path}: it carries no files`);
}

/** Parses the JSON that stands behind its length at `at`. */
function readJson(bytes: Buffer, at: number): { value: unknown; end: number } | undefined {
  if (at + 8 > bytes.length) return undefined;
  const length = bytes.readBigUInt64LE(at);
  const end = at + 8 + Number(length);
  if (length > MAX_PART_BYTES || end > bytes.length) return undefined;
  try {
    return { value: JSON.parse(bytes.toString("utf8", at + 8, end)), end };
  } catch {
    return undefined;
  }
}

function isMetadata(value: unknown): value is Metadata {
  return typeof value === "object" && value !== null && "entrypoint_key" in value && "permissions" in value;
}

/** Deno stores an empty list for "all", null for "none". */
function readPermissions(stored: Metadata["permissions"]): CompiledBinary["permissions"] {
  const permissions: Record<string, boolean | readonly string[]> = {};
  for (const [key, value] of Object.entries(stored)) {
    if (!key.startsWith("allow_")) continue;
    permissions[key.slice("allow_".length)] = Array.isArray(value)
      ? value.length === 0 || value
      : value === true;
  }
  return permissions;
}

function* listFiles(entries: readonly TreeEntry[], folder: string): Generator<EmbeddedFile> {
  for (const entry of entries) {
    if ("Dir" in entry) yield* listFiles(entry.Dir.e, `${folder}${entry.Dir.n}/`);
    else if ("File" in entry) yield { path: folder + entry.File.n, sizeBytes: entry.File.o[1] };
  }
}
