import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { changeRow, openRowWriter, readRows, type TextRow } from "../../../lib/ingest/text_rows.ts";
import { openTempFolder } from "../common/temp_folder.ts";

function write(path: string, rows: readonly TextRow[]): void {
  using writer = openRowWriter(path);
  for (const row of rows) writer.write(row);
}

function textsOf(path: string): Promise<string[]> {
  return Array.fromAsync(readRows(path), (row) => row.text);
}

Deno.test("readRows() gives back what openRowWriter() wrote, whatever the buffers cut", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "rows.jsonl");
  const rows = ["", 'a\nb\t"\\', "\u{1f411}".repeat(700_000), "\u2028\ufeff\u0000", "end"]
    .map((text, at) => ({ path: `file ${at}`, text }));
  write(path, rows);
  assertEquals(await Array.fromAsync(readRows(path)), rows);
});

Deno.test("openRowWriter() appends to a file that is there", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "rows.jsonl");
  write(path, [{ path: "a", text: "1" }]);
  write(path, [{ path: "b", text: "2" }]);
  assertEquals(await textsOf(path), ["1", "2"]);
});

Deno.test("changeRow() replaces or removes one row and keeps the others in order", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "rows.jsonl");
  write(path, ["1", "2", "3"].map((text) => ({ path: "a", text })));
  await changeRow(path, { index: 1, change: (row) => ({ ...row, text: row.text + "!" }) });
  assertEquals(await textsOf(path), ["1", "2!", "3"]);
  await changeRow(path, { index: 0, change: () => undefined });
  assertEquals(await textsOf(path), ["2!", "3"]);
});

Deno.test("readRows() names the line that is damaged", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "rows.jsonl");
  await Deno.writeTextFile(path, '{"path":"a","text":"1"}\n{"path":"b","te');
  await assertRejects(() => textsOf(path), Error, "line 2 is not JSON");
  await Deno.writeTextFile(path, '{"path":"a"}\n');
  await assertRejects(() => textsOf(path), Error, "line 1 has no path and text");
});
