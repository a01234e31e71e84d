// MANIFEST.json: the list of a checkpoint's files with sizes and hashes, written last. A folder is a
// checkpoint when the manifest and every file it lists are exactly as they were written, and no other.

import { join } from "node:path";
import { sha256, sha256File } from "../common/hash.ts";
import { parseStrictJson, StrictJsonError } from "./_strict_json.ts";
import { writeDurableFile, type WrittenFile } from "./_durable_file.ts";

/** The files of a checkpoint besides its manifest. */
export const CHECKPOINT_FILES = [
  "model.safetensors",
  "optimizer.safetensors",
  "state.json",
  "config.json",
  "tokenizer.json",
] as const;

/** Name of one of them. */
export type CheckpointFile = (typeof CHECKPOINT_FILES)[number];

/** What a manifest says. */
export interface Manifest {
  readonly step: number;
  readonly files: Readonly<Record<CheckpointFile, WrittenFile>>;
  /** SHA-256 of the rest of the manifest; differs whenever any file differs. */
  readonly sha256: string;
}

/** Why a folder is no usable checkpoint, as the end of a sentence. */
export class CheckpointRejected extends Error {
  override name = "CheckpointRejected";
  /** A newer sheepop wrote it: nothing is wrong with it, but this one must not touch it. */
  readonly isNewer: boolean;

  constructor(reason: string, options: { cause?: unknown; isNewer?: boolean } = {}) {
    super(reason, { cause: options.cause });
    this.isNewer = options.isNewer ?? false;
  }
}

/** Name of the manifest file. */
export const MANIFEST_FILE = "MANIFEST.json";

const VERSION = 1;
const MAX_MANIFEST_BYTES = 1 << 20;
const LIMITS = { maxDepth: 16, maxKeys: 1000 };
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Writes and syncs the manifest of a folder whose other files are complete.
 *
 * @param folder - holds every file of `files`
 */
export async function writeManifest(folder: string, manifest: Omit<Manifest, "sha256">): Promise<void> {
  const files: Record<string, unknown> = {};
  for (const name of CHECKPOINT_FILES) {
    const { sizeBytes, sha256 } = manifest.files[name];
    files[name] = { size_bytes: sizeBytes, sha256 };
  }
  const content = { version: VERSION, step: manifest.step, files };
  const text = JSON.stringify({ ...content, sha256: contentHash(content) }, null, 2) + "\n";
  await writeDurableFile(join(folder, MANIFEST_FILE), [new TextEncoder().encode(text)]);
}

/**
 * Reads a folder's manifest and checks it against itself and the sizes of the files.
 *
 * @throws {CheckpointRejected} naming what is wrong
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  if (await regularFileSize(path, MANIFEST_FILE) > MAX_MANIFEST_BYTES) {
    throw new CheckpointRejected(`${MANIFEST_FILE} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const manifest = parseManifest(await Deno.readTextFile(path));
  for (const name of CHECKPOINT_FILES) {
    const { sizeBytes } = manifest.files[name];
    const found = await regularFileSize(join(folder, name), name);
    if (found !== sizeBytes) {
      throw new CheckpointRejected(`${name} has ${found} bytes, its manifest says ${sizeBytes}`);
    }
  }
  return manifest;
}

/**
 * Reads files in full and compares them with their SHA-256.
 *
 * @param files - the ones to read
 * @throws {CheckpointRejected} naming the first that differs
 */
export async function verifyFiles(
  folder: string,
  manifest: Manifest,
  files: readonly CheckpointFile[] = CHECKPOINT_FILES,
): Promise<void> {
  for (const name of files) {
    if (await sha256File(join(folder, name)) !== manifest.files[name].sha256) {
      throw new CheckpointRejected(`${name} does not have the sha256 its manifest says`);
    }
  }
}

function parseManifest(text: string): Manifest {
  const { sha256: ownHash, ...content } = parseObject(text);
  if (ownHash !== contentHash(content)) {
    throw new CheckpointRejected(`${MANIFEST_FILE} does not match its own sha256`);
  }
  const { version, step, files } = content;
  if (typeof version === "number" && version > VERSION) {
    throw new CheckpointRejected(
      `a newer sheepop wrote it (manifest version ${version}, this one reads ${VERSION}); update sheepop`,
      { isNewer: true },
    );
  }
  if (version !== VERSION || !Number.isSafeInteger(step) || (step as number) < 0 || !isObject(files)) {
    throw new CheckpointRejected(`${MANIFEST_FILE} has no version, step or files`);
  }
  const checked = {} as Record<CheckpointFile, WrittenFile>;
  for (const name of CHECKPOINT_FILES) checked[name] = parseFile(files[name], name);
  return { step: step as number, files: checked, sha256: ownHash as string };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value = parseStrictJson(text, LIMITS);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    throw new CheckpointRejected(`${MANIFEST_FILE} cannot be used, ${error.message}`);
  }
  throw new CheckpointRejected(`${MANIFEST_FILE} is not an object`);
}

function parseFile(value: unknown, name: CheckpointFile): WrittenFile {
  if (!isObject(value)) throw new CheckpointRejected(`${MANIFEST_FILE} does not list ${name}`);
  const { size_bytes: sizeBytes, sha256 } = value;
  if (!Number.isSafeInteger(sizeBytes) || typeof sha256 !== "string" || !SHA256.test(sha256)) {
    throw new CheckpointRejected(`${MANIFEST_FILE} has no size or sha256 of ${name}`);
  }
  return { sizeBytes: sizeBytes as number, sha256 };
}

/** A link is refused: it could lead out of the folder. */
async function regularFileSize(path: string, name: string): Promise<number> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    if (isFile) return size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new CheckpointRejected(`${name} is missing`, { cause: error });
    }
    throw error;
  }
  throw new CheckpointRejected(`${name} is not a plain file`);
}

function contentHash(content: Record<string, unknown>): string {
  return sha256(JSON.stringify(content));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
