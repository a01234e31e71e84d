// Parquet files, read by hyparquet one group of rows after another. Each row is a document, made as _table_text.ts says; of
// the columns only those are read that it needs. Format: https://parquet.apache.org/docs/file-format.

import { countReplacements, parseFieldPaths } from "./_field_text.ts";
import { Omissions } from "./_omissions.ts";
import { checkPages, type DecodedBudget, type FileMetaData, loadHyparquet } from "./_parquet_pages.ts";
import { plainValue } from "./_parquet_values.ts";
import { type TableText, tableText } from "./_table_text.ts";
import { type ParseEvent, ParseFailure, type ParseInput, type Parser } from "./parser.ts";

/** Reads Parquet files, all compressions; a column named text or content is preferred. */
export const parquetParser: Parser = { parse };

interface Table {
  readonly bytes: Uint8Array;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  readonly text: TableText;
  readonly budget: DecodedBudget;
}

const DAMAGED = "groups of rows that are damaged";
// pages of a page's worth of data expand a few times; long runs of one value much more, but never all of them
const MAX_EXPANSION = 100;
const FREE_BYTES = 64 << 20;

async function* parse(input: ParseInput): AsyncGenerator<ParseEvent> {
  const table = await openTable(input);
  const omissions = new Omissions();
  const total = table.metadata.row_groups.length;
  let rows = 0;
  let rowStart = 0;
  let invalid = 0;
  for (let group = 0; group < total; group++) {
    for (const values of await readGroup(table, { group, rowStart, omissions })) {
      const text = table.text.rowText(values, omissions);
      if (text === "") continue;
      rows++;
      invalid += countReplacements(text);
      yield { type: "document", text };
    }
    rowStart += Number(table.metadata.row_groups[group].num_rows);
    yield { type: "pages", done: group + 1, total };
  }
  if (rows === 0 && omissions.count(DAMAGED) > 0) throw new ParseFailure("failed", "damaged Parquet");
  if (invalid > 0) yield { type: "invalidBytes", count: invalid };
  yield* omissions.events();
}

async function openTable({ bytes, data }: ParseInput): Promise<Table> {
  const end = new TextDecoder("latin1").decode(bytes.subarray(-4));
  if (end === "PARE") throw new ParseFailure("failed", "encrypted: a key is needed");
  const { parquetMetadata, parquetSchema } = await loadHyparquet();
  let metadata: FileMetaData;
  let names: string[];
  try {
    metadata = parquetMetadata(bytes, { geoparquet: false });
    names = parquetSchema(metadata).children.map(({ element }) => element.name);
    if (names.some((name) => typeof name !== "string")) {
      throw new TypeError("Cannot read a column without a name");
    }
  } catch (cause) {
    throw new ParseFailure("failed", "damaged Parquet", { cause });
  }
  const text = tableText(names, parseFieldPaths(data.fields));
  if (text === undefined) throw new ParseFailure("failed", "no column of data.fields in it");
  const columns = text.columns.map((column) => names[column]);
  const budget = { bytes: MAX_EXPANSION * bytes.length + FREE_BYTES };
  return { bytes, metadata, columns, text, budget };
}

/** Rows of a group, their values in the order of the columns; none when the group is damaged, which is counted. */
async function readGroup(
  table: Table,
  options: { readonly group: number; readonly rowStart: number; readonly omissions: Omissions },
): Promise<readonly unknown[][]> {
  const { bytes, metadata, columns, budget } = table;
  const { group, rowStart, omissions } = options;
  const { parquetRead, compressors } = await loadHyparquet();
  const numRows = Number(metadata.row_groups[group].num_rows);
  const decoder = new TextDecoder();
  const textFromBytes = (value?: Uint8Array): string | undefined => value && decoder.decode(value);
  let rows: unknown[][] = [];
  try {
    await checkPages(table, { group, budget });
    await parquetRead({
      file: { byteLength: bytes.length, slice: (start, end) => bytes.slice(start, end).buffer },
      metadata,
      columns: [...columns],
      rowStart,
      rowEnd: rowStart + numRows,
      compressors,
      utf8: false, // so that bytes without the mark of a text can be told from texts
      geoparquet: false,
      parsers: { jsonFromBytes: textFromBytes, geometryFromBytes: nothing, geographyFromBytes: nothing },
      onComplete: (found) => rows = found,
    });
    for (const row of rows) {
      for (let at = 0; at < row.length; at++) {
        if (typeof row[at] === "object") row[at] = plainValue(row[at]);
      }
    }
    return rows;
  } catch (error) {
    if (error instanceof ParseFailure) throw error;
    omissions.add(DAMAGED);
    return [];
  }
}

function nothing(): null {
  return null;
}
