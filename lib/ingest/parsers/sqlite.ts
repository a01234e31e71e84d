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
export const sqliteParser: Parser = { name: "sqlite 1", parse };

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly text: TableText;
}

const ROWS_PER_PAGE = 1000;
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
    const statement = prepareRows(database, { table, where: data.where });
    if (typeof statement === "string") {
      refused++;
      reason = statement;
      continue;
    }
    for (const event of tableDocuments(statement, { table, omissions })) {
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

/** A statement that reads the rows, or why data.where does not fit the table. */
function prepareRows(
  database: OpenDatabase,
  options: { readonly table: Table; readonly where: string },
): OpenStatement | string {
  const { table, where } = options;
  const from = `FROM ${quoted(table.name)}`;
  const select = `SELECT ${table.columns.map(quoted).join(", ")} ${from}`;
  if (where.trim() === "") return database.prepare(select);
  // the line end closes a comment
  const condition = `(${where}\n)`;
  try {
    // one expression fits both places; a second statement behind it would not be part of the first one's text
    for (const sql of [`SELECT ${condition} ${from}`, `${select} WHERE ${condition} `]) {
      if (database.prepare(sql).sourceSQL !== sql) return "data.where is not a single SQL condition";
    }
    return database.prepare(`${select} WHERE ${condition}`);
  } catch (error) {
    return `data.where is not an SQL condition that fits: ${error instanceof Error ? error.message : error}`;
  }
}

function* tableDocuments(
  statement: OpenStatement,
  options: { readonly table: Table; readonly omissions: Omissions },
): Generator<ParseEvent> {
  const { table, omissions } = options;
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  let invalid = 0;
  try {
    for (const row of statement.iterate() as Iterable<unknown>) {
      const text = table.text.rowText(row as readonly unknown[], omissions);
      if (text === "") continue;
      // SQLite does not check that texts are UTF-8; what is not comes as U+FFFD
      invalid += countReplacements(text);
      yield { type: "document", text };
    }
  } catch (error) {
    if (
      !(error instanceof Error) ||
      !("errcode" in error || /SQLITE/.test(String((error as { code?: unknown }).code)))
    ) {
      throw error;
    }
    omissions.add(/too big/.test(error.message) ? "values larger than 64 MiB" : DAMAGED);
  }
  if (invalid > 0) yield { type: "invalidBytes", count: invalid };
}

/** A name as an identifier, whatever is in it. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
