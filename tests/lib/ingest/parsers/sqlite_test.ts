import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import fc from "fast-check";
import { sqliteParser } from "../../../../lib/ingest/parsers/sqlite.ts";
import { documentsOf, said } from "./records_fixture.ts";

const BOOKS = `
  CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, year INT, weight REAL, cover BLOB);
  INSERT INTO books VALUES (1, 'Flock', 1899, 0.5, NULL), (2, 'Wool "and" more', 1950, NULL, x'ff00'),
    (9007199254740993, '', 2001, 1e3, x'7368656570');
`;

/** The bytes of a database made by the given statements, as a file has them. */
async function database(...statements: string[]): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.db");
    const made = new DatabaseSync(path);
    for (const statement of statements) made.exec(statement);
    made.close();
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("sqliteParser gives each row with the names of its columns, large integers whole", async () => {
  assertEquals(await said(sqliteParser, await database(BOOKS)), {
    documents: [
      "id: 1\ntitle: Flock\nyear: 1899\nweight: 0.5",
      'id: 2\ntitle: Wool "and" more\nyear: 1950',
      "id: 9007199254740993\nyear: 2001\nweight: 1000\ncover: sheep",
    ],
    omitted: ["binary values x1"],
    invalidBytes: 0,
  });
});

Deno.test("sqliteParser reads tables in the order they were made, whatever their names and kinds", async () => {
  const bytes = await database(
    `CREATE TABLE "z ""odd"" table" (a, "b c"); INSERT INTO "z ""odd"" table" VALUES ('x', 'y')`,
    "CREATE TABLE keyed (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO keyed VALUES ('b', 2), ('a', 1)",
    "CREATE TABLE computed (n INT, twice AS (n * 2), thrice AS (n * 3) STORED); INSERT INTO computed VALUES (5)",
    "CREATE TABLE empty (a)",
  );
  assertEquals(await documentsOf(sqliteParser, bytes), [
    "a: x\nb c: y",
    "k: a\nv: 1",
    "k: b\nv: 2",
    "n: 5\nthrice: 15",
  ]);
});

Deno.test("sqliteParser takes data.table, data.fields and data.where", async () => {
  const bytes = await database(
    BOOKS,
    "CREATE TABLE notes (text, year INT); INSERT INTO notes VALUES ('a note', 1)",
  );
  const documents = async (data: { table?: string; where?: string; fields?: string[] }) =>
    (await said(sqliteParser, bytes, { data })).documents;
  assertEquals(await documents({ table: "NOTES" }), ["a note"]);
  assertEquals(await documents({ fields: ["title", "text"] }), ["Flock", 'Wool "and" more', "a note"]);
  assertEquals(await documents({ where: "year < 1900 -- old", fields: ["year", "title"] }), [
    "1899\n\nFlock",
    "1",
  ]);
  assertEquals(
    await said(sqliteParser, bytes, { data: { where: "title = 'Flock' OR 1", fields: ["title"] } }),
    {
      documents: ["Flock", 'Wool "and" more'],
      omitted: [],
      invalidBytes: 0,
    },
  );
  assertEquals((await said(sqliteParser, bytes, { data: { where: "title <> ''" } })).omitted, [
    "binary values x1",
    "tables that data.where does not fit x1",
  ]);
});

Deno.test("sqliteParser says what is wrong with data.table, data.fields and data.where", async () => {
  const bytes = await database(BOOKS);
  const failure = async (data: { table?: string; where?: string; fields?: string[] }) =>
    (await said(sqliteParser, bytes, { data })).failure;
  assertEquals(await failure({ table: "nope" }), "skipped: no table of the name data.table in it");
  assertEquals(await failure({ fields: ["nope"] }), "failed: no column of data.fields in it");
  assertEquals(
    await failure({ where: "nope = 1" }),
    "failed: data.where is not an SQL condition that fits: no such column: nope",
  );
  assertEquals(
    await failure({ where: "1); DELETE FROM books; --" }),
    "failed: data.where is not a single SQL condition",
  );
  for (
    const where of [
      "year >",
      "1) UNION SELECT 1, 2, 3, 4, 5 FROM (books",
      "load_extension('/tmp/x.so')",
      "1; ATTACH '/tmp/other.db' AS other",
    ]
  ) assertMatch(await failure({ where }) ?? "", /^failed: data.where is not a/, where);
});

Deno.test("sqliteParser runs no view, trigger or virtual table of the file unless data.table names the view", async () => {
  const endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
  const bytes = await database(
    "CREATE TABLE t (a); INSERT INTO t VALUES ('row')",
    `CREATE VIEW endless AS ${endless}; CREATE VIEW short AS ${endless} LIMIT 2`,
    "CREATE VIRTUAL TABLE words USING fts5 (word); INSERT INTO words VALUES ('sheep')",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t; END",
  );
  assertEquals(await documentsOf(sqliteParser, bytes), ["a: row"]);
  assertEquals(await documentsOf(sqliteParser, bytes, { data: { table: "short" } }), ["n: 1", "n: 2"]);
  assertEquals(
    (await said(sqliteParser, bytes, { data: { table: "words" } })).failure,
    "failed: the table of data.table is a virtual one",
  );
});

Deno.test("sqliteParser reads a database in write-ahead mode and one in UTF-16 without changing the bytes", async () => {
  const bytes = await database("PRAGMA journal_mode = wal", "CREATE TABLE t (a); INSERT INTO t VALUES ('w')");
  assertEquals(bytes[18], 2);
  const before = bytes.slice();
  assertEquals(await documentsOf(sqliteParser, bytes), ["a: w"]);
  assertEquals(bytes, before);
  const wide = await database(
    "PRAGMA encoding = 'UTF-16'",
    "CREATE TABLE t (a); INSERT INTO t VALUES ('h\u00fct \u{1f411}')",
  );
  assertEquals(await documentsOf(sqliteParser, wide), ["a: h\u00fct \u{1f411}"]);
});

Deno.test("sqliteParser counts bytes of a text that are not UTF-8", async () => {
  const bytes = await database("CREATE TABLE t (a); INSERT INTO t VALUES (CAST(x'6869ff' AS TEXT))");
  assertEquals(await said(sqliteParser, bytes), { documents: ["a: hi\ufffd"], omitted: [], invalidBytes: 1 });
});

Deno.test("sqliteParser leaves out a row with a value of more than 64 MiB and reads those behind it", async () => {
  const bytes = await database(
    "CREATE TABLE t (a); INSERT INTO t VALUES ('b'), (zeroblob(70000000)), ('c'), ('d')",
  );
  assertEquals(await said(sqliteParser, bytes), {
    documents: ["a: b", "a: c", "a: d"],
    omitted: ["rows with a value larger than 64 MiB x1"],
    invalidBytes: 0,
  });
});

Deno.test("sqliteParser gives what can be read of a damaged database and says so", async () => {
  const rows = Array.from({ length: 2000 }, (_, at) => `(${at}, '${"x".repeat(500)}')`).join();
  const bytes = await database(`CREATE TABLE t (n INT, text); INSERT INTO t VALUES ${rows}`);
  bytes.fill(0xee, bytes.length >> 1, (bytes.length >> 1) + 20_000);
  const found = await said(sqliteParser, bytes);
  assert(found.documents.length > 100 && found.documents.length < 2000, String(found.documents.length));
  assertEquals(found.omitted, ["damaged database: some of its rows cannot be read x1"]);
  assertEquals((await said(sqliteParser, bytes.subarray(0, 60))).failure, "failed: damaged database");
  assertEquals((await said(sqliteParser, bytes.subarray(0, 4000))).failure, "failed: damaged database");
  const key = crypto.getRandomValues(new Uint8Array(4096));
  assertEquals(
    (await said(sqliteParser, key)).failure,
    "failed: not an SQLite database, or an encrypted one",
  );
});

Deno.test("sqliteParser never throws anything but its own failure", async () => {
  const seed = await database(
    BOOKS,
    "CREATE TABLE t (a, b); CREATE INDEX i ON t (a)",
    "INSERT INTO t VALUES ('x', 'y')",
  );
  const change = fc.tuple(fc.oneof(fc.nat(200), fc.nat(seed.length - 1)), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(changes, fc.boolean(), async (changes, isCut) => {
      const bytes = isCut ? seed.slice(0, seed.length - 100 * changes.length) : seed.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      assert(await said(sqliteParser, bytes));
    }),
    { numRuns: 300 },
  );
});
