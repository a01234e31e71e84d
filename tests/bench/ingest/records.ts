// How fast the parsers of records are, on files of about 20 MB made here: no child process, no cleaning.

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { defaultConfig } from "../../../lib/config/config.ts";
import { csvParser } from "../../../lib/ingest/parsers/csv.ts";
import { jsonParser } from "../../../lib/ingest/parsers/json.ts";
import { jsonlParser } from "../../../lib/ingest/parsers/jsonl.ts";
import { notebookParser } from "../../../lib/ingest/parsers/notebook.ts";
import { parquetParser } from "../../../lib/ingest/parsers/parquet.ts";
import type { Parser } from "../../../lib/ingest/parsers/parser.ts";
import { sqliteParser } from "../../../lib/ingest/parsers/sqlite.ts";
import type { BarRow, IngestBench } from "./bar_row.ts";

const RECORDS = 20_000;
const RUNS = 5;
const WORDS = "sheep stand by the gate and wait, for the rain will end and the grass beyond is green".split(
  " ",
);

/** MB/s of every parser of records. */
export const recordsBench: IngestBench = {
  name: "records",
  title: "JSON, JSON lines, CSV, notebooks, Parquet and SQLite: megabytes a second",
  needs: {},
  async run(folder) {
    const texts = Array.from({ length: RECORDS }, (_, at) => madeUpText(at));
    const records = texts.map((text, id) => ({ id, text }));
    const lines = records.map((record) => JSON.stringify(record));
    const cells = texts.map((text, at) => ({
      cell_type: at % 2 === 0 ? "markdown" : "code",
      source: [text],
    }));
    const rows = texts.flatMap((text, at) => [0, 1, 2, 3].map((part) => csvRow(4 * at + part, text, part)));
    const columns = [{ name: "id", data: texts.map((_, at) => at), type: "INT32" as const }, {
      name: "text",
      data: texts,
      type: "STRING" as const,
    }];
    const parquet = parquetWriteBuffer({ columnData: columns, rowGroupSize: 2000 });
    return [
      await measure("JSON lines", { parser: jsonlParser, content: lines.join("\n"), bar: 100 }),
      await measure("CSV", { parser: csvParser, content: "id,age,note\n" + rows.join("\n"), bar: 50 }),
      await measure("JSON list", { parser: jsonParser, content: `[${lines.join(",\n")}]` }),
      await measure("notebook", { parser: notebookParser, content: JSON.stringify({ cells }) }),
      await measure("Parquet, Snappy", { parser: parquetParser, content: new Uint8Array(parquet) }),
      await measure("SQLite", { parser: sqliteParser, content: await databaseBytes(folder, texts) }),
    ];
  },
};

/** Words in an order of their own, with numbers among them, so that texts neither repeat nor compress too well. */
function madeUpText(seed: number): string {
  let state = seed + 1;
  return Array.from({ length: 190 }, (_, at) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return at % 9 === 0 ? String(state) : WORDS[(state >>> 16) % WORDS.length];
  }).join(" ");
}

function csvRow(id: number, text: string, part: number): string {
  const note = text.slice(part * 200, part * 200 + 200);
  return `${id},${id % 90},${note.includes(",") ? `"${note}"` : note}`;
}

async function databaseBytes(folder: string, texts: readonly string[]): Promise<Uint8Array> {
  const path = join(folder, "records.sqlite");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE records (id INTEGER PRIMARY KEY, title TEXT, body TEXT); BEGIN");
  const insert = database.prepare("INSERT INTO records (title, body) VALUES (?, ?)");
  for (const text of texts) insert.run(text.slice(0, 20), text);
  database.exec("COMMIT");
  database.close();
  return await Deno.readFile(path);
}

/** The fastest of a few runs: the others say more about the machine. */
async function measure(
  what: string,
  options: { readonly parser: Parser; readonly content: string | Uint8Array; readonly bar?: number },
): Promise<BarRow> {
  const { parser, content, bar } = options;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const { data } = defaultConfig();
  let best = 0;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    let documents = 0;
    for await (const event of parser.parse({ name: "records", bytes, data })) {
      if (event.type === "document") documents++;
    }
    if (documents === 0) throw new Error(`Cannot measure ${what}: no document`);
    best = Math.max(best, bytes.length / 1e3 / (performance.now() - startedAt));
  }
  return {
    what: `${what}, ${(bytes.length / 1e6).toFixed(0)} MB`,
    ours: `${best.toFixed(0)} MB/s`,
    bar: bar === undefined ? "" : `at least ${bar} MB/s`,
    ...(bar !== undefined && { reached: best >= bar }),
  };
}
