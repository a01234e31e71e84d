// Opens a database that is in memory as bytes, so that it can be read and nothing else.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ParseFailure } from "./parser.ts";

/** An open database, with what the types of node:sqlite do not have yet, https://nodejs.org/api/sqlite.html. */
export type OpenDatabase = Omit<DatabaseSync, "prepare"> & {
  readonly limits: { length: number; attach: number };
  setAuthorizer(allow: (action: number, first: string | null, second: string | null) => number): void;
  prepare(sql: string): OpenStatement;
};

/** A statement of an {@linkcode OpenDatabase}. */
export type OpenStatement = StatementSync & { setReturnArrays(enabled: boolean): void };

const SIGNATURE = "SQLite format 3\0";
const HEADER_BYTES = 100;
// file format versions of the header, for writing and for reading: 1 is a rollback journal, 2 a write-ahead log
const VERSIONS_AT = 18;
const ROLLBACK_JOURNAL = 1;
const MAX_VALUE_BYTES = 64 << 20;
/** What reading needs, by the codes of https://www.sqlite.org/c3ref/c_alter_table.html. */
const ALLOWED = { pragma: 19, read: 20, select: 21, function: 31, recursive: 33 } as const;
const OK = 0;
const DENY = 1;
const PRAGMAS = ["table_list", "table_xinfo"];
const REFUSED_FUNCTIONS = [
  "load_extension",
  "fts3_tokenizer",
  "readfile",
  "writefile",
  "edit",
  "zeroblob",
  "randomblob",
];

/**
 * Opens a database for reading.
 *
 * @param bytes - the whole file; not changed
 * @throws {ParseFailure} when it is none
 */
export async function openSqliteBytes(bytes: Uint8Array): Promise<OpenDatabase> {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, SIGNATURE.length));
  if (head !== SIGNATURE) throw new ParseFailure("failed", "not an SQLite database, or an encrypted one");
  if (bytes.length < HEADER_BYTES) throw new ParseFailure("failed", "damaged database");
  const { DatabaseSync } = await import("node:sqlite");
  const closed = { allowExtension: false, enableForeignKeyConstraints: false };
  const database = new DatabaseSync(":memory:", closed) as unknown as OpenDatabase;
  try {
    loadBytes(database, bytes);
    for (const pragma of ["query_only=on", "trusted_schema=off", "cell_size_check=on", "temp_store=memory"]) {
      database.exec(`PRAGMA ${pragma}`);
    }
    database.limits.length = MAX_VALUE_BYTES;
    database.limits.attach = 0;
    database.setAuthorizer(allowReading);
  } catch (cause) {
    database.close();
    throw new ParseFailure("failed", "damaged database", { cause });
  }
  return database;
}

/** A database in memory has no log, so its header must not ask for one; the bytes are as before afterwards. */
function loadBytes(database: OpenDatabase, bytes: Uint8Array): void {
  const versions = bytes.slice(VERSIONS_AT, VERSIONS_AT + 2);
  try {
    bytes.fill(ROLLBACK_JOURNAL, VERSIONS_AT, VERSIONS_AT + 2);
    database.deserialize(bytes);
  } finally {
    bytes.set(versions, VERSIONS_AT);
  }
}

function allowReading(action: number, first: string | null, second: string | null): number {
  switch (action) {
    case ALLOWED.select:
    case ALLOWED.read:
    case ALLOWED.recursive:
      return OK;
    case ALLOWED.pragma:
      return PRAGMAS.includes(first ?? "") ? OK : DENY;
    case ALLOWED.function:
      return REFUSED_FUNCTIONS.includes((second ?? "").toLowerCase()) ? DENY : OK;
    default:
      return DENY;
  }
}
