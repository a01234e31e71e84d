// First pass over the files: which there are, of what kind, and what they hold, so that an unchanged corpus is recognised
// and nothing is parsed twice. Reads the beginning of every file, and the rest of those that are for us.

import { basename } from "node:path/posix";
import { sha256 } from "../common/hash.ts";
import type { Config } from "../config/config.ts";
import type { FileKind } from "./file_kinds.ts";
import { leftOut, type ManifestEntry, reasonOf } from "./manifest.ts";
import { HEAD_BYTES, sniffKind } from "./sniff_kind.ts";
import { type FoundFile, walkFiles } from "./walk.ts";

/** A file to parse. */
export interface ScannedFile extends Omit<FoundFile, "kind" | "bytes"> {
  /** By content first and by name second. */
  readonly kind: FileKind;
  /** Size; of what was parsed, should the file have changed since. */
  bytes: number;
  /** SHA-256 of the content; of what was parsed, should the file have changed since. */
  sha256: string;
  /** What became of it has nothing to do with its content: the next run tries it again. */
  isPassing?: boolean;
}

/** What there is to parse, and lines about everything else. */
export interface Scan {
  readonly files: ScannedFile[];
  readonly others: ManifestEntry[];
}

const ZIP_KINDS: ReadonlySet<FileKind> = new Set<FileKind>(["zip", "docx", "odt", "epub"]);

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
  for await (const walked of walkFiles(config)) {
    const found = "status" in walked ? walked : scanFile(walked);
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

/** Reads without waiting its turn in a queue of threads, which for small files takes longer than the reading. */
function scanFile(found: FoundFile): ScannedFile | ManifestEntry {
  const { path, location, bytes } = found;
  const left = (why: Pick<ManifestEntry, "reason"> & Partial<ManifestEntry>): ManifestEntry =>
    leftOut(path, { kind: found.kind ?? null, bytes, ...why });
  const name = basename(path);
  try {
    using file = Deno.openSync(location);
    const content = new Uint8Array(Math.max(bytes, HEAD_BYTES));
    const headLength = fill(file, content.subarray(0, HEAD_BYTES));
    const head = content.subarray(0, headLength);
    const guess = sniffKind(head, name);
    if (typeof guess !== "string") return left(guess);
    const length = headLength + fill(file, content.subarray(headLength));
    const whole = content.subarray(0, length);
    // Only the whole of a ZIP file tells whether it is a document.
    const kind = ZIP_KINDS.has(guess) ? sniffKind(head, name, { bytes: whole }) : guess;
    if (typeof kind !== "string") return left(kind);
    return { path, location, bytes: length, kind, sha256: sha256(whole) };
  } catch (error) {
    return left({ status: "failed", reason: reasonOf(error) });
  }
}

/** Reads until the buffer is full or the file ends; a file that has grown since is read up to the size it had. */
function fill(file: Deno.FsFile, buffer: Uint8Array): number {
  let length = 0;
  while (length < buffer.length) {
    const count = file.readSync(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return length;
}
