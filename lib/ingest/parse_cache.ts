// What parsing gave, by the hash of the file: an unchanged file is never parsed twice, and an ingest that was killed goes on
// where it stopped. One SQLite file; a damaged one is made anew, as everything in it can be had again.

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Buffer } from "node:buffer";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { ParsedFile } from "./parse_lines.ts";

/** Rows written between two commits. */
const ROWS_OF_COMMIT = 2000;
/** Milliseconds between two commits. */
const COMMIT_INTERVAL_MS = 1000;
/** As quick as writing what it saves. */
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Milliseconds to wait for another process that writes. */
const BUSY_TIMEOUT_MS = 10_000;

/** An open cache. */
export class ParseCache implements Disposable {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  #pending = 0;
  #committedAt = performance.now();

  private constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS parsed (key TEXT PRIMARY KEY, files BLOB NOT NULL)",
    );
    this.#find = this.#database.prepare("SELECT files FROM parsed WHERE key = ?");
    this.#insert = this.#database.prepare("INSERT OR REPLACE INTO parsed VALUES (?, ?)");
  }

  /**
   * Opens the cache.
   *
   * @param path - file of the cache; its folder must exist
   */
  static async open(path: string): Promise<ParseCache> {
    try {
      return new ParseCache(path);
    } catch {
      for (const file of [path, `${path}-wal`, `${path}-shm`]) await Deno.remove(file).catch(() => {});
      return new ParseCache(path);
    }
  }

  /** What was parsed under this key, or undefined. */
  get(key: string): ParsedFile[] | undefined {
    const row = this.#find.get(key);
    if (row === undefined) return undefined;
    try {
      return JSON.parse(zstdDecompressSync(row.files as Uint8Array).toString());
    } catch {
      return undefined; // damaged, and parsed again
    }
  }

  /** Keeps what was parsed. */
  set(key: string, files: readonly ParsedFile[]): void {
    if (this.#pending++ === 0) this.#database.exec("BEGIN IMMEDIATE");
    this.#insert.run(key, zstdCompressSync(Buffer.from(JSON.stringify(files)), FASTEST));
    const isDue = this.#pending >= ROWS_OF_COMMIT ||
      performance.now() - this.#committedAt > COMMIT_INTERVAL_MS;
    if (isDue) this.#commit();
  }

  /** Commits what is pending and closes the file. */
  [Symbol.dispose](): void {
    this.#commit();
    this.#database.close();
  }

  #commit(): void {
    if (this.#pending > 0) this.#database.exec("COMMIT");
    this.#pending = 0;
    this.#committedAt = performance.now();
  }
}
