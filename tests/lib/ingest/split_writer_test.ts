import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sha256File } from "../../../lib/common/hash.ts";
import { countCharacters } from "../../../lib/ingest/count_characters.ts";
import { type Placement, type SplitReport, SplitWriter } from "../../../lib/ingest/split_writer.ts";
import type { TextRow } from "../../../lib/ingest/text_rows.ts";
import { openTempFolder } from "../common/temp_folder.ts";
import { splitRows } from "./ingest_fixture.ts";

interface Result {
  readonly train: TextRow[];
  readonly validation: TextRow[];
  readonly report: SplitReport;
}

function add(writer: SplitWriter, row: TextRow): Placement {
  return writer.add(row, { characters: countCharacters(row.text), signature: null });
}

async function split(texts: readonly string[], validationFraction = 0.1): Promise<Result> {
  await using temp = await openTempFolder();
  using writer = new SplitWriter(temp.path, { validationFraction, nearDuplicateSimilarity: 0 });
  for (const [at, text] of texts.entries()) add(writer, { path: `${at}`, text });
  const report = await writer.finish();
  for (const { file, sha256 } of [report.train, report.validation]) {
    assertEquals(await sha256File(`${temp.path}/${file}`), sha256);
  }
  const train = await splitRows(temp.path, "train");
  return { train, validation: await splitRows(temp.path, "validation"), report };
}

function lengthOf(rows: readonly TextRow[]): number {
  return rows.reduce((sum, row) => sum + [...row.text].length, 0);
}

const MANY = Array.from({ length: 400 }, (_, at) => `Sheep number ${at} walks over the hill. `);

Deno.test("SplitWriter deals documents by their own text: adding some moves none", async () => {
  const few = await split(MANY.slice(0, 300));
  const more = await split(MANY);
  assertEquals([few.report.cutDocument, few.report.movedDocument], [null, null]);
  const before = new Set(few.validation.map((row) => row.text));
  const after = new Set(more.validation.map((row) => row.text));
  for (const text of MANY.slice(0, 300)) assertEquals(before.has(text), after.has(text), text);
  assert(more.validation.length > 20 && more.validation.length < 60, `${more.validation.length} of 400`);
});

Deno.test("SplitWriter keeps the order of the documents and counts them", async () => {
  const { train, validation, report } = await split(MANY);
  const numbers = train.map((row) => Number(row.path));
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  assertEquals([report.train.documents, report.validation.documents], [train.length, validation.length]);
});

Deno.test("SplitWriter drops a document that came before", async () => {
  await using temp = await openTempFolder();
  using writer = new SplitWriter(temp.path, { validationFraction: 0, nearDuplicateSimilarity: 0 });
  assertEquals(add(writer, { path: "a", text: "same" }), { split: "train" });
  assertEquals(add(writer, { path: "b", text: "same" }), {
    split: "duplicate",
    duplicateOf: { path: "a", isEqual: true, similarity: 1 },
  });
  assertEquals((await writer.finish()).train.documents, 1);
});

Deno.test("SplitWriter cuts the end off a single document", async () => {
  const text = "The sheep went up the hill and came down again.\n".repeat(200);
  const { train, validation, report } = await split([text]);
  assertEquals(report.cutDocument, "0");
  assertEquals(train[0].text + validation[0].text, text);
  assert(train[0].text.endsWith("\n"), "the cut is between two lines");
  assert(Math.abs(validation[0].text.length / text.length - 0.1) < 0.02);
  assertEquals([report.train.documents, report.validation.documents], [1, 1]);
  assertEquals(report.validation.characters, validation[0].text.length);
});

Deno.test("SplitWriter fills both splits for any documents and loses no character", async () => {
  const document = fc.array(fc.constantFrom("sheep ", "hill\n", "\u{1f411}", "a"), {
    minLength: 2,
    maxLength: 60,
  })
    .map((words) => words.join(""));
  const fraction = fc.constantFrom(0.01, 0.1, 0.5);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(document, { minLength: 1, maxLength: 8 }),
      fraction,
      async (texts, share) => {
        const { train, validation, report } = await split(texts, share);
        assert(train.length > 0 && validation.length > 0);
        assertEquals(
          lengthOf(train) + lengthOf(validation),
          lengthOf(texts.map((text) => ({ path: "", text }))),
        );
        assertEquals(
          [report.train.characters, report.validation.characters],
          [train, validation].map(lengthOf),
        );
        assertEquals([report.train.documents, report.validation.documents], [
          train.length,
          validation.length,
        ]);
        for (const { text } of [...train, ...validation]) assert(text.isWellFormed() && text.length > 0);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("SplitWriter gives training the longest document when validation got nearly all", async () => {
  const small = MANY.slice(0, 3);
  // a long document whose hash says validation
  const long = await firstInValidation("the long one ".repeat(500));
  const { train, report } = await split([...small, long]);
  assertEquals([report.movedDocument, report.cutDocument], ["3", "3"]);
  assert(lengthOf(train) > 0.8 * long.length);
});

Deno.test("SplitWriter leaves validation empty when its share is 0", async () => {
  const { train, validation, report } = await split(MANY, 0);
  assertEquals([train.length, validation.length, report.cutDocument], [400, 0, null]);
});

async function firstInValidation(text: string): Promise<string> {
  await using temp = await openTempFolder();
  using writer = new SplitWriter(temp.path, { validationFraction: 0.1, nearDuplicateSimilarity: 0 });
  for (let at = 0;; at++) {
    if (add(writer, { path: "", text: text + at }).split === "validation") return text + at;
  }
}
