import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonlParser } from "../../../../lib/ingest/parsers/jsonl.ts";
import { documentsOf, said } from "./records_fixture.ts";

const lines = (...records: unknown[]): string =>
  records.map((record) => typeof record === "string" ? record : JSON.stringify(record)).join("\n");

Deno.test("jsonlParser takes texts, text fields and whole records, in both modes", async () => {
  const text = lines('{"text":"one\\r\\ntwo","id":1}', '"bare"', "", '{"q":"?","a":[1]}', "7");
  for (const mode of ["document", "line"] as const) {
    assertEquals(await documentsOf(jsonlParser, text, { data: { mode } }), [
      "one\ntwo",
      "bare",
      '{\n  "q": "?",\n  "a": [\n    1\n  ]\n}',
      "7",
    ]);
  }
});

Deno.test("jsonlParser counts lines that are not JSON, says where the first is, and goes on", async () => {
  const deep = "[".repeat(100_000);
  const found = await said(jsonlParser, `{"text":"a"}\n\n{oops}\n${deep}\n{"text":"b"}\n`);
  assertEquals(found, { documents: ["a", "b"], omitted: ["lines that are not JSON x2 @3"], invalidBytes: 0 });
  const { failure } = await said(jsonlParser, "{oops}\nno\n");
  assertEquals(failure, "failed: no line is JSON");
});

Deno.test("jsonlParser leaves out records nested 100,000 deep, and their indentation", async () => {
  const nested = "[".repeat(100_000) + "]".repeat(100_000);
  const shallow = "[".repeat(90) + "]".repeat(90);
  const { documents, omitted } = await said(jsonlParser, lines(nested, shallow, `{"a":${nested}}`));
  assertEquals(documents.length, 1);
  const counted = omitted.map((reason) => Number(/x(\d+)/.exec(reason)?.[1])).reduce(
    (sum, one) => sum + one,
    0,
  );
  assertEquals(counted, 2, omitted.join());
});

Deno.test("jsonlParser gives every form of a conversation the same layout", async () => {
  const turns = "System: Be kind.\n\nUser: How many sheep?\n\nAssistant: Twelve.";
  const openAi = [["system", "Be kind."], ["user", "How many sheep?"], ["assistant", "Twelve."]]
    .map(([role, content]) => ({ role, content }));
  const shareGpt = [["system", "Be kind."], ["human", "How many sheep?"], ["gpt", "Twelve."]]
    .map(([from, value]) => ({ from, value }));
  const withoutSystem = turns.slice(turns.indexOf("User"));
  assertEquals(
    await documentsOf(
      jsonlParser,
      lines(
        { messages: openAi },
        { conversations: shareGpt },
        { prompt: "How many sheep?", completion: "Twelve." },
        { instruction: "How many sheep?", input: "", output: "Twelve." },
        { instruction: "Count.", context: "a sheep, a sheep", response: "2" },
        { prompt: openAi.slice(0, 2), completion: openAi.slice(2) },
        { messages: [{ role: "narrator", content: "Rain." }] },
      ),
    ),
    [
      turns,
      turns,
      withoutSystem,
      withoutSystem,
      "User: Count.\n\na sheep, a sheep\n\nAssistant: 2",
      turns,
      "narrator: Rain.",
    ],
  );
});

Deno.test("jsonlParser keeps the texts of messages in parts and counts what is none", async () => {
  const content = [{ type: "text", text: "Look:" }, { type: "image_url", image_url: { url: "data:" } }, {
    type: "text",
    text: "a ram",
  }];
  const call = { role: "assistant", content: null, tool_calls: [{ function: { name: "count" } }] };
  assertEquals(await said(jsonlParser, lines({ messages: [{ role: "user", content }, call] })), {
    documents: ["User: Look:\na ram"],
    omitted: ["parts of messages that are not text x2"],
    invalidBytes: 0,
  });
});

Deno.test("jsonlParser takes the fields of data.fields, nested ones and those of lists", async () => {
  const record = {
    title: "Flock",
    body: { text: "Twelve." },
    items: [{ text: "a" }, { text: "b" }, {}],
    "x.y": 1,
  };
  const fields = ["title", "body.text", "items[].text", "x.y", "missing"];
  assertEquals(await documentsOf(jsonlParser, lines(record), { data: { fields } }), [
    "Flock\n\nTwelve.\n\na\n\nb\n\n1",
  ]);
  assertEquals(await said(jsonlParser, lines(record, { no: 1 }), { data: { fields: ["title"] } }), {
    documents: ["Flock"],
    omitted: ["records without any field of data.fields x1 @2"],
    invalidBytes: 0,
  });
  const { failure } = await said(jsonlParser, lines(record), { data: { fields: ["a..b"] } });
  assertEquals(failure, 'failed: data.fields: "a..b" is not a path such as items[].text');
});

Deno.test("jsonlParser reads own properties only, the last of several of one name", async () => {
  const fields = ["constructor.name", "__proto__.text", "toString"];
  assertEquals(
    (await said(jsonlParser, '{"a":1}\n{"__proto__":{"text":"own"}}', { data: { fields } })).documents,
    ["own"],
  );
  assertEquals((await said(jsonlParser, '{"a":1}', { data: { fields: ["__proto__"] } })).documents, []);
  assertEquals(await documentsOf(jsonlParser, '{"text":"a","text":"b"}\n{"__proto__":{"text":"no"}}'), [
    "b",
    '{\n  "__proto__": {\n    "text": "no"\n  }\n}',
  ]);
});

Deno.test("jsonlParser keeps the digits of numbers too large for JavaScript", async () => {
  const digits = "123456789012345678901234567890";
  const found = await documentsOf(jsonlParser, `{"n":${digits},"m":1e400,"k":12345678901234567,"s":0.5}`);
  assertEquals(found, [`{\n  "n": ${digits},\n  "m": 1e400,\n  "k": 12345678901234567,\n  "s": 0.5\n}`]);
  assertEquals(await documentsOf(jsonlParser, `{"n":${digits}}`, { data: { fields: ["n"] } }), [digits]);
});

Deno.test("jsonlParser repairs half characters and composes accents that JSON escapes hide", async () => {
  assertEquals(await documentsOf(jsonlParser, '{"text":"a\\ud83d"}\n{"text":"e\\u0301"}'), [
    "a\ufffd",
    "\u00e9",
  ]);
  assertEquals(await documentsOf(jsonlParser, '{"text":"e\\u0301"}', { data: { unicode: "none" } }), [
    "e\u0301",
  ]);
});

Deno.test("jsonlParser counts invalid bytes and refuses what is no text", async () => {
  const good = new TextEncoder().encode('{"text":"schön und grün"}\n'.repeat(20));
  const bytes = Uint8Array.of(...good, ...new TextEncoder().encode('{"text":"'), 0xfc, 0x22, 0x7d);
  const found = await said(jsonlParser, bytes);
  assertEquals(found.invalidBytes, 1);
  assertEquals(found.documents.at(-1), "\u00fc");
  assertEquals((await said(jsonlParser, new Uint8Array(10))).failure, "skipped: not text: NUL bytes");
});

Deno.test("jsonlParser leaves out a line of 100 MB and reads those around it", async () => {
  const size = 100 << 20;
  const before = new TextEncoder().encode('{"text":"before"}\n');
  const after = new TextEncoder().encode('\n{"text":"after"}\n{oops}\n');
  const bytes = new Uint8Array(before.length + size + after.length).fill(0x61);
  bytes.set(before);
  bytes.set(after, before.length + size);
  assertEquals(await said(jsonlParser, bytes), {
    documents: ["before", "after"],
    omitted: ["lines longer than 32 MiB x1 @2", "lines that are not JSON x1 @4"],
    invalidBytes: 0,
  });
});

Deno.test("jsonlParser gives back every text that is written as JSON", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), async (texts) => {
      const written = texts.map((text) =>
        JSON.stringify({ text: text.normalize("NFC").replace(/\r\n?|\ufffd/g, "") })
      );
      const { documents } = await said(jsonlParser, written.join("\n"));
      assertEquals(documents, written.map((line) => JSON.parse(line).text));
    }),
  );
});

Deno.test("jsonlParser never throws anything but its own failure", async () => {
  const seed = new TextEncoder().encode(
    lines({ messages: [{ role: "user", content: "x" }] }, { a: [1, { b: null }] }),
  );
  const change = fc.tuple(fc.nat(seed.length - 1), fc.nat(255));
  await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (changes) => {
    const bytes = seed.slice();
    for (const [at, byte] of changes) bytes[at] = byte;
    const fields = changes.length % 2 === 0 ? [] : ["messages[].content", "a[].b"];
    assert(await said(jsonlParser, bytes, { data: { fields } }));
  }));
});
