import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonParser } from "../../../../lib/ingest/parsers/json.ts";
import { documentsOf, said } from "./records_fixture.ts";

Deno.test("jsonParser keeps a file without texts of its own as it is written", async () => {
  for (const text of ['{ "a":  1 }\n', "[1, 2,\n 3]", '// settings\n{ "a": 1, }\n', '{"half": ', "7", ""]) {
    assertEquals((await documentsOf(jsonParser, text)).join(), text);
  }
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assertEquals(await documentsOf(jsonParser, deep), [deep]);
});

Deno.test("jsonParser makes the lines of such a file documents in line mode, and the elements of a list", async () => {
  assertEquals(await documentsOf(jsonParser, '{\n  "a": 1\n}\n', { data: { mode: "line" } }), [
    "{",
    '  "a": 1',
    "}",
  ]);
  assertEquals(await documentsOf(jsonParser, '["one",\n{"a":2}]', { data: { mode: "line" } }), [
    "one",
    '{\n  "a": 2\n}',
  ]);
});

Deno.test("jsonParser gives a document a record where records have texts of their own", async () => {
  const records = [{ text: "one" }, { instruction: "Count.", input: "", output: "2" }, { id: 3 }];
  assertEquals(await documentsOf(jsonParser, JSON.stringify(records)), [
    "one",
    "User: Count.\n\nAssistant: 2",
    '{\n  "id": 3\n}',
  ]);
  assertEquals(await documentsOf(jsonParser, '{"text":"e\\u0301\\r\\n"}'), ["\u00e9\n"]);
});

Deno.test("jsonParser takes the fields of data.fields", async () => {
  const text = '[{"title":"A","n":12345678901234567890},{"title":"B"},{"x":1}]';
  assertEquals(await said(jsonParser, text, { data: { fields: ["title", "n"] } }), {
    documents: ["A\n\n12345678901234567890", "B"],
    omitted: ["records without any field of data.fields x1"],
    invalidBytes: 0,
  });
  assertEquals(await documentsOf(jsonParser, text, { data: { fields: ["[].title"] } }), ["A\n\nB"]);
  assertEquals(await documentsOf(jsonParser, `{"all":${text}}`, { data: { fields: ["all[].title"] } }), [
    "A\n\nB",
  ]);
  const { failure } = await said(jsonParser, "{oops", { data: { fields: ["title"] } });
  assertEquals(failure, "failed: not JSON: data.fields finds nothing");
});

Deno.test("jsonParser reads JSON lines under the name of JSON", async () => {
  assertEquals(await documentsOf(jsonParser, '{"text":"a"}\n{"text":"b"}\n'), ["a", "b"]);
});

Deno.test("jsonParser never throws anything but its own failure", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.nat(40), fc.array(fc.string()), async (json, cut, fields) => {
      const text = cut < json.length ? json.slice(0, -cut) : json;
      assert(await said(jsonParser, text, { data: { fields } }));
    }),
  );
});
