import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { guessCsvDialect } from "../../../../lib/ingest/parsers/_csv_dialect.ts";
import { openCsvRows } from "../../../../lib/ingest/parsers/_csv_rows.ts";
import { csvParser } from "../../../../lib/ingest/parsers/csv.ts";
import { documentsOf, said } from "./records_fixture.ts";

function rowsOf(text: string, delimiter = ","): string[][] {
  const rows = openCsvRows(text, { delimiter, isLast: true });
  const found: string[][] = [];
  for (let row = rows.next(); row !== undefined; row = rows.next()) found.push(row);
  return found;
}

/** RFC 4180, every cell quoted that needs it, and some that do not. */
function write(
  rows: readonly (readonly string[])[],
  options: { delimiter?: string; end?: string } = {},
): string {
  const { delimiter = ",", end = "\n" } = options;
  const cell = (text: string): string =>
    /["\n\r]/.test(text) || text.includes(delimiter) || text.length % 3 === 0
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  return rows.map((row) => row.map(cell).join(delimiter) + end).join("");
}

const ANIMALS = 'name,legs,note\nsheep,4,"soft, white"\nhen,2,\n';

Deno.test("csvParser writes each row with the names of its columns, without empty values", async () => {
  assertEquals(await documentsOf(csvParser, ANIMALS), [
    "name: sheep\nlegs: 4\nnote: soft, white\n\nname: hen\nlegs: 2",
  ]);
  assertEquals(await documentsOf(csvParser, ANIMALS, { data: { mode: "line" } }), [
    "name: sheep\nlegs: 4\nnote: soft, white",
    "name: hen\nlegs: 2",
  ]);
});

Deno.test("csvParser finds commas, semicolons, tabs and bars, and what a spreadsheet tells", async () => {
  const rows = [["name", "note"], ["Ann", "a, b; c"], ["Bo", "d | e"], ["Cy", "x;y"]];
  const expected = await documentsOf(csvParser, write(rows));
  for (const delimiter of [";", "\t", "|"]) {
    assertEquals(await documentsOf(csvParser, write(rows, { delimiter })), expected, `with ${delimiter}`);
  }
  assertEquals(
    await documentsOf(csvParser, "\ufeffsep=;\r\n" + write(rows, { delimiter: ";", end: "\r\n" })),
    expected,
  );
  assertEquals(await documentsOf(csvParser, "id\tnote\n1, 2\tf\n", { name: "x.tsv" }), ["id: 1, 2\nnote: f"]);
});

Deno.test("csvParser takes a header only where there is one", async () => {
  assertEquals(await documentsOf(csvParser, "1,2\n3,4\n"), ["1\n2\n\n3\n4"]);
  assertEquals(await documentsOf(csvParser, "one sheep\ntwo sheep\n"), ["one sheep\n\ntwo sheep"]);
  assertEquals(await documentsOf(csvParser, "2024-01-02,ok\n2024-01-03,ok\n"), [
    "2024-01-02\nok\n\n2024-01-03\nok",
  ]);
  assertEquals(await documentsOf(csvParser, "id,age\n"), []);
  assertEquals(await documentsOf(csvParser, ",name\n0,Ann\n"), ["0\nname: Ann"]);
});

Deno.test("csvParser gives a document a row where a table has texts of its own", async () => {
  const table = 'id,Text\n1,first\n2,"second\nline"\n3,\n';
  assertEquals(await documentsOf(csvParser, table), ["first", "second\nline"]);
  assertEquals(await documentsOf(csvParser, "instruction,input,output\nCount.,a sheep,1\n"), [
    "User: Count.\n\na sheep\n\nAssistant: 1",
  ]);
  assertEquals(await documentsOf(csvParser, ANIMALS, { data: { fields: ["Note", "name"] } }), [
    "soft, white\n\nsheep",
    "hen",
  ]);
  const chat = 'id,messages\n1,"[{""role"":""user"",""content"":""Hi""}]"\n';
  assertEquals(await documentsOf(csvParser, chat), ["User: Hi"]);
  assertEquals(await documentsOf(csvParser, chat, { data: { fields: ["messages[].content"] } }), ["Hi"]);
  const { failure } = await said(csvParser, ANIMALS, { data: { fields: ["wool"] } });
  assertEquals(failure, "failed: no column of data.fields in it");
});

Deno.test("csvParser keeps the cells of rows that are longer or shorter than the header", async () => {
  assertEquals(await documentsOf(csvParser, "a,b\n1,2,three\n4\n\n5,6\n"), [
    "a: 1\nb: 2\nthree\n\na: 4\n\na: 5\nb: 6",
  ]);
});

Deno.test("csvParser reads a quote that never ends as an ordinary character, and counts it", async () => {
  assertEquals(await said(csvParser, 'item,size\nboard,"3\nplank,4\n'), {
    documents: ['item: board\nsize: "3\n\nitem: plank\nsize: 4'],
    omitted: ["quotes that never end x1"],
    invalidBytes: 0,
  });
});

Deno.test("csvParser goes on in another document after a million characters", async () => {
  const rows = Array.from({ length: 40_000 }, (_, at) => `${at},${"wool ".repeat(8)}\n`).join("");
  const documents = await documentsOf(csvParser, "id,note\n" + rows);
  assertEquals(documents.length, 3);
  assert(documents.every((document) => /^id: \d+\nnote: wool/.test(document)));
  assertEquals(documents.join("\n\n").split("\n\n").length, 40_000);
});

Deno.test("csvParser carries a row over from one part of a large file to the next", async () => {
  const long = `"${"a line\n".repeat(200)}"`;
  const row = `1,${long}\n`;
  const count = Math.ceil((33 << 20) / row.length);
  const documents = await documentsOf(csvParser, "id,text\n" + row.repeat(count));
  assertEquals(documents.length, count);
  assertEquals(new Set(documents).size, 1);
});

Deno.test("openCsvRows() reads back what is written by RFC 4180", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", ";", " ", "\t", "é", "|") });
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1 });
  fc.assert(fc.property(rows, fc.constantFrom(",", ";", "\t", "|"), (rows, delimiter) => {
    assertEquals(rowsOf(write(rows, { delimiter }), delimiter), rows);
  }));
});

Deno.test("openCsvRows() stops before a quoted cell that may go on, and takes it as it is at the end", () => {
  const text = 'a,b\nc,"d\ne\n';
  const rows = openCsvRows(text, { delimiter: ",", isLast: false });
  assertEquals([rows.next(), rows.next(), rows.position], [["a", "b"], undefined, 4]);
  assertEquals(rowsOf(text), [["a", "b"], ["c", '"d'], ["e"]]);
});

Deno.test("openCsvRows() needs no more than linear time for quotes that never end", () => {
  const rows = rowsOf('a,"""\n'.repeat(200_000));
  assert(rows.length >= 100_000);
});

Deno.test("guessCsvDialect() and the parser survive any text", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "1", '"', ",", "\n", ";", "\t", "\r", "-", ".") });
  await fc.assert(fc.asyncProperty(text, async (text) => {
    const { names } = guessCsvDialect(text.replace(/\r\n?/g, "\n"), { fileName: "x.csv", isWhole: true });
    const { documents, failure } = await said(csvParser, text);
    assertEquals(failure, undefined);
    // nothing is lost: every letter and digit is in a document, or names a column
    const letters = (text: string): string => text.replace(/[^a1]/g, "");
    if (names.length === 0) assertEquals(letters(documents.join("")), letters(text));
  }));
});
