// A new file that is on the disk, not only in the system's memory, when the promise settles. Knows no format.
// Size and SHA-256 are those of the bytes handed in, so that reading the file back proves what the disk kept.

import { createHash } from "node:crypto";

/** What was written, as a manifest records it. */
export interface WrittenFile {
  readonly sizeBytes: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

// A write of more than 2 GiB is cut short by Linux, and smaller pieces let other work in between.
const CHUNK_BYTES = 1 << 22;

/**
 * Writes a file that does not exist yet, and syncs it.
 *
 * @param path - must not exist
 * @param parts - the content in order, never joined in memory
 * @returns size and SHA-256 of the content
 */
export async function writeDurableFile(path: string, parts: Iterable<Uint8Array>): Promise<WrittenFile> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  using file = await Deno.open(path, { write: true, createNew: true });
  for (const part of parts) {
    for (let start = 0; start < part.length; start += CHUNK_BYTES) {
      const chunk = part.subarray(start, start + CHUNK_BYTES);
      hash.update(chunk);
      for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
      sizeBytes += chunk.length;
    }
  }
  await file.sync();
  return { sizeBytes, sha256: hash.digest("hex") };
}
