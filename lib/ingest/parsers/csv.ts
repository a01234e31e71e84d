// Tables as text with a delimiter: CSV, TSV and their kin. How rows become text is said in _table_text.ts. A table with
// texts of its own gives one document a row in both values of data.mode. Any other table is in document mode one document,
// its rows separated by empty lines, and goes on in another one after a million characters; in line mode each row is one.

import { guessCsvDialect } from "./_csv_dialect.ts";
import { type CsvRows, openCsvRows } from "./_csv_rows.ts";
import { parseFieldPaths } from "./_field_text.ts";
import { Omissions } from "./_omissions.ts";
import { type TableText, tableText } from "./_table_text.ts";
import { textParts } from "./_text_parts.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/**
 * Reads CSV, TSV and tables with `;` or `|`; the delimiter and the header are found by looking at the first rows.
 */
export const csvParser: Parser = { parse };

const MAX_DOCUMENT_CHARACTERS = 1 << 20;
// a quoted cell that goes on for longer than this began with a quote that quotes nothing
const MAX_ROW_CHARACTERS = 64 << 20;

async function* parse(input: ParseInput): AsyncGenerator<ParseEvent> {
  const omissions = new Omissions();
  const table = new Table(input, omissions);
  let rest = "";
  for await (const { text, isLast, events } of textParts(input, omissions)) {
    const all = rest === "" ? text : rest + text;
    const isEnd = isLast || all.length > MAX_ROW_CHARACTERS;
    const rows = table.open(all, { isLast: isEnd });
    yield* table.documents(rows);
    rest = all.slice(rows.position);
    yield* events;
  }
  if (rest !== "") yield* table.documents(table.open(rest, { isLast: true }));
  yield* table.rest();
  yield* omissions.events();
}

/** The table while its rows come in. */
class Table {
  readonly #input: ParseInput;
  readonly #omissions: Omissions;
  #delimiter = "";
  #text: TableText | undefined;
  #document = "";

  constructor(input: ParseInput, omissions: Omissions) {
    this.#input = input;
    this.#omissions = omissions;
  }

  /** Rows of a part of the file; the first part tells how the file is written. */
  open(text: string, options: { readonly isLast: boolean }): CsvRows {
    const { isLast } = options;
    if (this.#text !== undefined) return openCsvRows(text, { delimiter: this.#delimiter, isLast });
    const { name, data } = this.#input;
    const dialect = guessCsvDialect(text, { fileName: name, isWhole: isLast });
    this.#delimiter = dialect.delimiter;
    this.#text = tableText(dialect.names, parseFieldPaths(data.fields));
    if (this.#text === undefined) throw new ParseFailure("failed", "no column of data.fields in it");
    const rows = openCsvRows(text, { delimiter: dialect.delimiter, isLast, start: dialect.start });
    if (dialect.names.length > 0) {
      let row = rows.next();
      while (row !== undefined && row.length === 1 && row[0].trim() === "" && dialect.names.length > 1) {
        row = rows.next();
      }
    }
    return rows;
  }

  *documents(rows: CsvRows): Generator<ParseEvent> {
    const { columns, kind, rowText } = this.#text!;
    const isWhole = kind === "rows" && this.#input.data.mode === "document";
    for (let row = rows.next(); row !== undefined; row = rows.next()) {
      const values = kind === "rows" ? row : columns.map((column) => row[column]);
      const text = rowText(values, this.#omissions);
      if (text === "") continue;
      if (!isWhole) {
        yield { type: "document", text };
        continue;
      }
      this.#document += this.#document === "" ? text : "\n\n" + text;
      if (this.#document.length > MAX_DOCUMENT_CHARACTERS) yield* this.rest();
    }
    for (let count = 0; count < rows.openQuotes; count++) this.#omissions.add("quotes that never end");
  }

  *rest(): Generator<ParseEvent> {
    if (this.#document !== "") yield { type: "document", text: this.#document };
    this.#document = "";
  }
}
