// SHA-256 of texts, bytes and files: the address of everything sheepop caches.
// Streams of unknown length use createHash of node:crypto themselves.

import { createHash } from "node:crypto";

const CHUNK_BYTES = 1 << 20;

/**
 * SHA-256 of bytes, or of the UTF-8 bytes of a text.
 *
 * @returns 64 lower-case hexadecimal digits
 */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * SHA-256 of a file, read in pieces of 1 MiB.
 *
 * @param path - a regular file; a pipe would block
 * @returns 64 lower-case hexadecimal digits
 * @throws {Deno.errors.NotFound} and the other errors of opening a file
 */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  using file = await Deno.open(path);
  for (let count = await file.read(chunk); count !== null; count = await file.read(chunk)) {
    hash.update(chunk.subarray(0, count));
  }
  return hash.digest("hex");
}
