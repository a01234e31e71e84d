import { assert, assertEquals } from "@std/assert";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { parquetParser } from "../../../../lib/ingest/parsers/parquet.ts";
import { documentsOf, said } from "./records_fixture.ts";

type Column = Parameters<typeof parquetWriteBuffer>[0]["columnData"][number];

function file(columnData: Column[], options: { rowGroupSize?: number } = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

const TITLES: Column = { name: "title", data: ["Flock", null, "Wool"], type: "STRING" };
const YEARS: Column = { name: "year", data: [1899, 1950, 2001], type: "INT32" };

Deno.test("parquetParser gives each row with the names of its columns", async () => {
  const large: Column = { name: "large", data: [2n ** 62n, 1n, null], type: "INT64" };
  const day: Column = { name: "day", data: [new Date(0), null, null], type: "TIMESTAMP" };
  assertEquals(await documentsOf(parquetParser, file([TITLES, YEARS, large, day])), [
    "title: Flock\nyear: 1899\nlarge: 4611686018427387904\nday: 1970-01-01T00:00:00.000Z",
    "year: 1950\nlarge: 1",
    "title: Wool\nyear: 2001",
  ]);
});

Deno.test("parquetParser prefers a text column, takes data.fields, and reads group after group", async () => {
  const texts: Column = { name: "Text", data: ["a", "b", "c"], type: "STRING" };
  const bytes = file([TITLES, texts, YEARS], { rowGroupSize: 2 });
  assertEquals(await documentsOf(parquetParser, bytes), ["a", "b", "c"]);
  assertEquals(await documentsOf(parquetParser, bytes, { data: { fields: ["YEAR", "title"] } }), [
    "1899\n\nFlock",
    "1950",
    "2001\n\nWool",
  ]);
  const { failure } = await said(parquetParser, bytes, { data: { fields: ["nope"] } });
  assertEquals(failure, "failed: no column of data.fields in it");
});

Deno.test("parquetParser reads conversations and JSON", async () => {
  const messages: Column = {
    name: "messages",
    data: [[{ role: "user", content: "How many?" }, { role: "assistant", content: "Twelve." }]],
    type: "JSON",
  };
  const other: Column = { name: "id", data: [1], type: "INT32" };
  assertEquals(await documentsOf(parquetParser, file([other, messages])), [
    "User: How many?\n\nAssistant: Twelve.",
  ]);
  assertEquals(
    await documentsOf(parquetParser, file([other, messages]), { data: { fields: ["messages[].content"] } }),
    ["How many?\n\nTwelve."],
  );
});

Deno.test("parquetParser reads bytes that are a text and counts those that are not", async () => {
  const bytes = [new TextEncoder().encode("h\u00fct"), Uint8Array.of(0xff, 0xd8, 0xff)];
  assertEquals(await said(parquetParser, file([{ name: "text", data: bytes, type: "BYTE_ARRAY" }])), {
    documents: ["h\u00fct"],
    omitted: ["binary values x1"],
    invalidBytes: 0,
  });
});

Deno.test("parquetParser gives the groups that are whole and says that others are not", async () => {
  const data = Array.from(
    { length: 4000 },
    (_, at) => `row ${at} ${"wool ".repeat(at % 7)}${at * 7919 % 1000}`,
  );
  const bytes = file([{ name: "text", data, type: "STRING" }], { rowGroupSize: 1000 });
  const damaged = bytes.slice();
  damaged.fill(0xff, 40, 300);
  const { documents, omitted } = await said(parquetParser, damaged);
  assertEquals(documents, data.slice(1000));
  assertEquals(omitted, ["groups of rows that are damaged x1"]);
  assertEquals((await said(parquetParser, bytes.subarray(0, -50))).failure, "failed: damaged Parquet");
  assertEquals((await said(parquetParser, bytes.subarray(0, 5))).failure, "failed: damaged Parquet");
  const encrypted = bytes.slice();
  encrypted.set(new TextEncoder().encode("PARE"), bytes.length - 4);
  assertEquals((await said(parquetParser, encrypted)).failure, "failed: encrypted: a key is needed");
});

Deno.test("parquetParser reads every compression", async () => {
  const texts = Array.from({ length: 300 }, (_, at) => `sheep ${at} ${"wool ".repeat(at % 9)}`);
  const compressors = { GZIP: gzipSync, BROTLI: brotliCompressSync, ZSTD: zstdCompressSync };
  for (const codec of ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD"] as const) {
    const compress = codec in compressors ? compressors[codec as keyof typeof compressors] : undefined;
    const bytes = parquetWriteBuffer({
      columnData: [{ name: "text", data: texts, type: "STRING" }],
      codec,
      compressors: compress && { [codec]: (input: Uint8Array) => new Uint8Array(compress(input)) },
    });
    assertEquals(await documentsOf(parquetParser, new Uint8Array(bytes)), texts, codec);
  }
});

Deno.test("parquetParser refuses a run of a few bytes that stands for billions of values", async () => {
  const bytes = file([{
    name: "text",
    data: Array.from({ length: 1000 }, (_, at) => ["a", null][at % 2]),
    type: "STRING",
  }]);
  const found = [];
  for (let at = 4; at < 60; at++) {
    const hostile = bytes.slice();
    hostile.set([0xfe, 0xff, 0xff, 0xff, 0x0f], at); // a varint of 2 ** 32 - 2: one value, 2 ** 31 - 1 times
    const { failure, documents } = await said(parquetParser, hostile);
    found.push(failure ?? documents.length);
  }
  assert(found.includes("failed: damaged Parquet"));
});

Deno.test("parquetParser stops at a file that expands without end", async () => {
  const bytes = new Uint8Array(parquetWriteBuffer({
    columnData: [{
      name: "text",
      data: new Array(100).fill("a".repeat(1 << 20)),
      type: "STRING",
      encoding: "PLAIN",
    }],
    codec: "GZIP",
    compressors: { GZIP: (input: Uint8Array) => new Uint8Array(gzipSync(input)) },
  }));
  assert(bytes.length < 200_000);
  assertEquals((await said(parquetParser, bytes)).failure, "failed: zip bomb: expands more than 100 times");
});

Deno.test("parquetParser never throws anything but its own failure", async () => {
  const seed = file([TITLES, YEARS, { name: "text", data: ["one", "two", "two"], type: "STRING" }]);
  const change = fc.tuple(fc.nat(seed.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const bytes = seed.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      assert(
        await said(parquetParser, bytes, {
          data: { fields: changes.length % 2 === 0 ? [] : ["title", "year"] },
        }),
      );
    }),
    { numRuns: 1000 },
  );
});
