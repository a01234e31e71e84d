import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { gzipParser } from "../../../../lib/ingest/parsers/gzip.ts";
import { concat, said, utf8 } from "./archive_fixture.ts";

function gzip(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(typeof content === "string" ? utf8(content) : content));
}

function parse(bytes: Uint8Array, name = "notes.txt.gz", data = {}): Promise<string[]> {
  return said(gzipParser, { name, bytes, data });
}

Deno.test("gzipParser gives one member, named as the file without its ending", async () => {
  assertEquals(await parse(gzip("hello")), ["member notes.txt: hello"]);
  assertEquals(await parse(gzip("hello"), "DATA.GZ"), ["member DATA: hello"]);
  assertEquals(await parse(gzip("hello"), "picture.svgz"), ["member picture.svg: hello"]);
  assertEquals(await parse(gzip("hello"), "no ending"), ["member no ending: hello"]);
  assertEquals(await parse(gzip("hello"), ".gz"), ["member unnamed: hello"]);
});

Deno.test("gzipParser takes several packed files behind each other as one", async () => {
  assertEquals(await parse(concat([gzip("one "), gzip("two"), new Uint8Array(20)])), [
    "member notes.txt: one two",
  ]);
});

Deno.test("gzipParser gives what stands before damage, and says so", async () => {
  const noise = Array.from({ length: 5000 }, (_, index) => (index * 7919 % 10007).toString(36)).join(" ");
  const packed = gzip("start " + noise);
  for (const keep of [200, packed.length - 9, packed.length - 1]) {
    const lines = await parse(packed.subarray(0, keep));
    assertEquals([lines[0].slice(0, 24), lines[1]], [
      "member notes.txt: start ",
      "omitted: damaged gzip archive",
    ]);
  }
  assertEquals(await parse(concat([gzip("whole"), utf8("garbage behind")])), [
    "member notes.txt: whole",
    "omitted: damaged gzip archive",
  ]);
});

Deno.test("gzipParser fails on what is no gzip file and passes by an empty one", async () => {
  for (const bytes of [utf8(""), utf8("junk"), new Uint8Array([0x1f, 0x8b])]) {
    assertEquals(await parse(bytes), ["failed: damaged gzip archive"]);
  }
  assertEquals(await parse(gzip("")), ["skipped: empty"]);
});

Deno.test("gzipParser stops a bomb within two seconds and without its size in memory", async () => {
  const bomb = gzip(gzip(new Uint8Array(200_000_000)));
  const startedAt = performance.now();
  const before = Deno.memoryUsage().rss;
  assertEquals(await parse(gzip(new Uint8Array(200_000_000))), [
    "failed: zip bomb: expands more than 100 times",
  ]);
  assert((await parse(bomb, "a.gz.gz"))[0].startsWith("member a.gz: ")); // its member is refused in its turn
  assert(Deno.memoryUsage().rss - before < 500_000_000);
  assert(performance.now() - startedAt < 5000);
});

Deno.test("gzipParser applies the settings to the member", async () => {
  const packed = gzip("hello");
  assertEquals(await parse(packed, "a.txt.gz", { maxFileBytes: 4 }), [
    "skipped a.txt: larger than data.max_file_bytes",
  ]);
  assertEquals(await parse(packed, "a.txt.gz", { maxOutput: 4 }), [
    "skipped a.txt: expands to more than data.max_output",
  ]);
  assertEquals(await parse(packed, "a.pyc.gz"), ["skipped a.pyc: excluded by data.exclude"]);
  assertEquals(await parse(packed, "a.md.gz", { extensions: ["txt", "gz"] }), [
    "skipped a.md: extension is not in data.extensions",
  ]);
});

Deno.test("gzipParser survives any bytes and any damage", async () => {
  const whole = gzip("some words to pack, some words to pack, and more of them");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))),
      fc.uint8Array(),
      async (changes, tail) => {
        const damaged = whole.slice();
        for (const [at, value] of changes) damaged[at] = value;
        await parse(concat([damaged, tail]));
        await parse(concat([whole.subarray(0, 2), tail]));
      },
    ),
    { numRuns: 200 },
  );
});
