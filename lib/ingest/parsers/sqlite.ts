// SQLite databases, read by the SQLite of node:sqlite from the bytes in memory: no file is opened, so nothing can appear
// beside the user's (a database in write-ahead mode gets two files when it is opened, even for reading) and no permission is
// needed. Rows become documents as _table_text.ts says. A database is a program to some degree: views, triggers, computed
// columns and virtual tables of the file are never run unless data.table names a view; an endless one ends with the time
// of the parsing process. Format: https://www.sqlite.org/fileformat2.html.

import { countReplacements, type FieldPath, parseFieldPaths } from "./_field_text.ts";
import { Omissions } from "./_omissions.ts";
import { type OpenDatabase, openSqliteBytes, type OpenStatement } from "./_sqlite_bytes.ts";
import { type TableText, tableText } from "./_table_text.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/** Reads SQLite databases: the tables of data.table with the rows of data.where, or every table; each row a document. */
export const sqliteParser: Parser = { parse };

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly text: TableText;
}

const ROWS_PER_PAGE = 1000;
// each costs a look at all rows before it
const MAX_LARGE_VALUES = 100;
const DAMAGED = "damaged database: some of its rows cannot be read";

async function* parse(input: ParseInput): AsyncGenerator<ParseEvent> {
  const { data, bytes } = input;
  const paths = parseFieldPaths(data.fields);
  using database = await openSqliteBytes(bytes);
  const tables = readTables(database, { table: data.table, paths });
  const omissions = new Omissions();
  let rows = 0;
  let refused = 0;
  let reason = "";
  for (const [index, table] of tables.entries()) {
    const query = rowQuery(database, { table, where: data.where });
    if ("reason" in query) {
      refused++;
      reason = query.reason;
      continue;
    }
    for (const event of tableDocuments(database, { table, omissions, sql: query.sql })) {
      yield event;
      if (++rows % ROWS_PER_PAGE === 0) yield { type: "pages", done: index, total: tables.length };
    }
    yield { type: "pages", done: index + 1, total: tables.length };
  }
  if (refused === tables.length && refused > 0) throw new ParseFailure("failed", reason);
  if (refused > 0) omissions.add("tables that data.where does not fit");
  if (rows === 0 && omissions.count(DAMAGED) > 0) throw new ParseFailure("failed", "damaged database");
  yield* omissions.events();
}

/** The tables to read, in the order in which they were made. */
function readTables(
  database: OpenDatabase,
  options: { readonly table: string; readonly paths: readonly FieldPath[] },
): Table[] {
  const { table, paths } = options;
  const wanted = tableNames(database, table);
  const tables = wanted.map((name): Table | undefined => {
    const all = columnNames(database, name);
    const text = tableText(all, paths);
    if (text === undefined || all.length === 0) return undefined;
    return { name, text, columns: text.columns.map((column) => all[column]) };
  }).filter((found) => found !== undefined);
  if (tables.length === 0 && wanted.length > 0) {
    throw new ParseFailure("failed", "no column of data.fields in it");
  }
  return tables;
}

function tableNames(database: OpenDatabase, table: string): string[] {
  const kinds = new Map<string, string>();
  try {
    const list = database.prepare("SELECT name, type FROM pragma_table_list WHERE schema = 'main'");
    for (const { name, type } of list.iterate()) kinds.set(String(name), String(type));
  } catch (cause) {
    throw new ParseFailure("failed", "damaged database", { cause });
  }
  if (table !== "") {
    const found = [...kinds].find(([name]) => name.toLowerCase() === table.toLowerCase());
    if (found === undefined) throw new ParseFailure("skipped", "no table of the name data.table in it");
    if (found[1] === "virtual") throw new ParseFailure("failed", "the table of data.table is a virtual one");
    return [found[0]];
  }
  const order = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").all();
  return order.map(({ name }) => String(name))
    .filter((name) => kinds.get(name) === "table" && !name.startsWith("sqlite_"));
}

/** Columns that hold values; computed ones follow from others, and their formulas are not ours to run. */
function columnNames(database: OpenDatabase, table: string): string[] {
  try {
    const columns = database.prepare("SELECT name, hidden FROM pragma_table_xinfo(?)").all(table);
    return columns.filter(({ hidden }) => hidden === 0 || hidden === 3).map(({ name }) => String(name));
  } catch (cause) {
    throw new ParseFailure("failed", "damaged database", { cause });
  }
}

/** A query for the rows, or why data.where does not fit the table. */
function rowQuery(
  database: OpenDatabase,
  options: { readonly table: Table; readonly where: string },
): { readonly sql: string } | { readonly reason: string } {
  const { table, where } = options;
  const from = `FROM ${quoted(table.name)}`;
  const select = `SELECT ${table.columns.map(quoted).join(", ")} ${from}`;
  if (where.trim() === "") return { sql: select };
  // the line end closes a comment
  const condition = `(${where}\n)`;
  const sql = `${select} WHERE ${condition} `;
  try {
    // one expression fits both places; a second statement behind it would not be part of the first one's text
    const isSingle = [`SELECT ${condition} ${from}`, sql].every((one) =>
      database.prepare(one).sourceSQL === one
    );
    return isSingle ? { sql } : { reason: "data.where is not a single SQL condition" };
  } catch (error) {
    return { reason: `data.where is not an SQL condition that fits: ${messageOf(error)}` };
  }
}

function* tableDocuments(
  database: OpenDatabase,
  options: { readonly table: Table; readonly omissions: Omissions; readonly sql: string },
): Generator<ParseEvent> {
  const { table, omissions, sql } = options;
  let invalid = 0;
  for (const row of allRows(database, { sql, omissions })) {
    const text = table.text.rowText(row, omissions);
    if (text === "") continue;
    // SQLite does not check that texts are UTF-8; what is not comes as U+FFFD
    invalid += countReplacements(text);
    yield { type: "document", text };
  }
  if (invalid > 0) yield { type: "invalidBytes", count: invalid };
}

/** The rows of a query up to the first that is damaged; what is left out is counted. */
function* allRows(
  database: OpenDatabase,
  options: { readonly sql: string; readonly omissions: Omissions },
): Generator<readonly unknown[]> {
  const { sql, omissions } = options;
  const rowsFrom = (offset: number, limit: number): OpenStatement => {
    const statement = database.prepare(`${sql} LIMIT ${limit} OFFSET ${offset}`);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  };
  let rows = 0;
  for (let large = 0; large <= MAX_LARGE_VALUES; large++) {
    try {
      for (const row of rowsFrom(rows, -1).iterate() as Iterable<unknown>) {
        rows++;
        yield row as readonly unknown[];
      }
      // the iterator of Deno ends at an error as it does at the last row, this does not
      if (rowsFrom(rows, 1).all().length === 0) return;
      throw new Error("Cannot read a row again");
    } catch (error) {
      const isLarge = /too big/.test(messageOf(error));
      omissions.add(isLarge ? "rows with a value larger than 64 MiB" : DAMAGED);
      if (!isLarge) return;
      rows++;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A name as an identifier, whatever is in it. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
