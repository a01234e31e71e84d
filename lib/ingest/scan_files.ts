// First pass over the files: which there are, of what kind, and what they hold, so that an unchanged corpus is recognised
// and nothing is parsed twice. Reads the beginning of every file, and the rest of those that are for us.

import { sha256, sha256File } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import type { FileKind } from "./file_kinds.ts";
import { inOrder } from "./in_order.ts";
import { leftOut, type ManifestEntry, reasonOf } from "./manifest.ts";
import { sniffKind } from "./sniff_kind.ts";
import { type FoundFile, walkFiles } from "./walk.ts";

/** A file to parse. */
export interface ScannedFile extends Omit<FoundFile, "kind"> {
  /** By content first and by name second. */
  readonly kind: FileKind;
  /** SHA-256 of the content; of what was parsed, should the file have changed since. */
  sha256: string;
}

/** What there is to parse, and lines about everything else. */
export interface Scan {
  readonly files: ScannedFile[];
  readonly others: ManifestEntry[];
}

const HEAD_BYTES = 4096;
const FILES_AT_ONCE = 8;
const MOST_BYTES_AT_ONCE = 64 * 2 ** 20;

/**
 * Finds and hashes the files of a configuration.
 *
 * @param config - `data`, and the folders the pipeline writes
 * @param onFile - called after every file with the number of files and bytes so far
 */
export async function scanFiles(
  config: Config,
  onFile: (files: number, bytes: number) => void,
): Promise<Scan> {
  const { maxFiles } = config.data;
  const scan: Scan = { files: [], others: [] };
  let bytes = 0;
  const scanned = inOrder(walkFiles(config), scanFile, {
    width: FILES_AT_ONCE,
    weight: (found) => found.bytes,
    maxWeight: MOST_BYTES_AT_ONCE,
  });
  for await (const found of scanned) {
    if ("status" in found) {
      scan.others.push(found);
      continue;
    }
    scan.files.push(found);
    bytes += found.bytes;
    onFile(scan.files.length, bytes);
    if (maxFiles > 0 && scan.files.length === maxFiles) break;
  }
  return scan;
}

async function scanFile(found: FoundFile | ManifestEntry): Promise<ScannedFile | ManifestEntry> {
  if ("status" in found) return found;
  const { path, location, bytes } = found;
  const name = nameOf(path);
  try {
    const head = await readHead(location);
    const guess = sniffKind(head, name);
    if (typeof guess !== "string") return leftOut(path, { kind: found.kind ?? null, bytes, ...guess });
    if (guess === "sqlite") return { path, location, bytes, kind: guess, sha256: await sha256File(location) };
    const content = head.length < HEAD_BYTES ? head : await Deno.readFile(location);
    const kind = sniffKind(content.subarray(0, HEAD_BYTES), name, content);
    if (typeof kind !== "string") return leftOut(path, { kind: found.kind ?? null, bytes, ...kind });
    return { path, location, bytes: content.length, kind, sha256: sha256(content) };
  } catch (error) {
    return leftOut(path, { kind: found.kind ?? null, bytes, status: "failed", reason: reasonOf(error) });
  }
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

async function readHead(location: string): Promise<Uint8Array> {
  using file = await Deno.open(location);
  const head = new Uint8Array(HEAD_BYTES);
  let length = 0;
  while (length < HEAD_BYTES) {
    const count = await file.read(head.subarray(length));
    if (count === null) break;
    length += count;
  }
  return head.subarray(0, length);
}
