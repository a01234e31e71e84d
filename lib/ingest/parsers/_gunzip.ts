// Unpacks gzip piece by piece, as little at a time as is asked for, and stops where far too much comes out.
// Format: RFC 1952; several members behind each other are one content.

import { createGunzip } from "node:zlib";
import { BOMB, isBomb } from "./_zip_directory.ts";
import { ParseFailure } from "./parser.ts";

/** Reason of a gzip file that is not as the format says, or ends early. */
export const DAMAGED_GZIP = "damaged gzip archive";

const PIECE_BYTES = 16_384;
/** Pieces around damage: what one of them gives is lost with it. */
const CAREFUL_BYTES = 4; // the content ends 8 bytes before the end of a member

/** What is handed over, and from where on in small pieces. */
interface Feed {
  readonly bytes: Uint8Array;
  /** First byte not handed over yet. */
  at: number;
  readonly carefulFrom: number;
}

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Yields what a gzip file holds, in pieces of at most 16 KiB.
 *
 * @param bytes - the whole file
 * @throws {ParseFailure} when it expands more than 100 times, or is damaged: what came before the damage has been given
 */
export async function* gunzip(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const feed = { bytes, at: 0, carefulFrom: bytes.length };
  let given = 0;
  try {
    for await (const piece of unzip(feed)) {
      given += piece.length;
      yield piece;
    }
  } catch (error) {
    if (error instanceof ParseFailure) throw error;
    yield* unzipRest({ bytes, at: 0, carefulFrom: feed.at - 3 * PIECE_BYTES }, given);
  }
}

/** Goes over a damaged file again, for what stands between the last piece and the damage. */
async function* unzipRest(feed: Feed, given: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const piece of unzip(feed)) {
      const known = Math.min(piece.length, Math.max(0, given - total));
      total += piece.length;
      if (known < piece.length) yield piece.subarray(known);
    }
  } catch (error) {
    throw error instanceof ParseFailure ? error : new ParseFailure("failed", DAMAGED_GZIP, { cause: error });
  }
}

async function* unzip(feed: Feed): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  const fed = handOver(feed, gunzip);
  let total = 0;
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      total += piece.length;
      if (isBomb(total, feed.bytes.length)) throw new ParseFailure("failed", BOMB);
      yield piece;
    }
  } finally {
    gunzip.destroy();
    await fed;
  }
}

async function handOver(feed: Feed, gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  let wake = () => {};
  gunzip.on("close", () => wake());
  while (feed.at < feed.bytes.length && !gunzip.destroyed) {
    const end = feed.at + (feed.at < feed.carefulFrom ? PIECE_BYTES : CAREFUL_BYTES);
    await new Promise<void>((resolve) => {
      wake = resolve;
      gunzip.write(feed.bytes.subarray(feed.at, end), () => resolve());
    });
    feed.at = end;
  }
  if (!gunzip.destroyed) gunzip.end();
}
