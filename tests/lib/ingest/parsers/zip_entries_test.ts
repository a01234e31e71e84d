import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openZip } from "../../../../lib/ingest/parsers/_zip_entries.ts";
import { ParseFailure } from "../../../../lib/ingest/parsers/parser.ts";
import { withDirectoryField, zipOf } from "./office_fixture.ts";

const BOMB = "zip bomb: expands more than 100 times";

function asText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("openZip() lists entries in order and unpacks them", async () => {
  const zip = await openZip(await zipOf({ "a.txt": "one", "b/": "", "b/ü.txt": "two ".repeat(1000) }));
  assertEquals(zip.entries.map(({ name, isFolder }) => [name, isFolder]), [
    ["a.txt", false],
    ["b/", true],
    ["b/ü.txt", false],
  ]);
  assertEquals(asText(zip.read(zip.entries[0])), "one");
  assertEquals(asText(zip.read(zip.entries[2])), "two ".repeat(1000));
  assertEquals(zip.entries[2].sizeBytes, 4000);
});

Deno.test("openZip() finds an archive behind other bytes and before a comment", async () => {
  const zip = await zipOf({ "a.txt": "one" });
  const moved = new Uint8Array([...new Uint8Array(100), ...zip, 0x61, 0x62]);
  moved[moved.length - 4] = 2; // length of the comment
  const opened = await openZip(moved);
  assertEquals(asText(opened.read(opened.entries[0])), "one");
});

Deno.test("openZip() stops unpacking at 100 times the packed size, whatever the directory claims", async () => {
  const zeros = new Uint8Array(20_000_000);
  const honest = await zipOf({ "a.txt": zeros });
  const opened = await openZip(honest);
  assertEquals(opened.entries[0].refusal, BOMB);
  for (const claimed of [0, 10, 1_000_000]) {
    const lying = await openZip(withDirectoryField(honest, { at: 24, value: claimed, bytes: 4 }));
    let largest = 0;
    assertThrows(
      () => {
        for (const piece of lying.stream(lying.entries[0])) largest = Math.max(largest, piece.length);
      },
      ParseFailure,
      BOMB,
    );
    assert(largest < 5_000_000);
  }
});

Deno.test("openZip() refuses many entries that are a bomb together", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`${at}`, new Uint8Array(1_000_000)]),
  );
  const zip = await openZip(await zipOf(files));
  assertEquals(zip.read(zip.entries[0]).length, 1_000_000);
  assertThrows(() => zip.entries.forEach((entry) => zip.read(entry)), ParseFailure, BOMB);
});

Deno.test("openZip() keeps to its limits of bytes and entries", async () => {
  const bytes = await zipOf({ "a.txt": "a".repeat(600), "b.txt": "b".repeat(600) });
  await assertRejects(() => openZip(bytes, { maxTotalBytes: 1000 }), ParseFailure, "above the limit");
  await assertRejects(() => openZip(bytes, { maxEntries: 1 }), ParseFailure, "too many entries");
  const lying = withDirectoryField(bytes, { at: 24, value: 1, bytes: 4 });
  const zip = await openZip(lying, { maxTotalBytes: 1000 });
  assertThrows(() => zip.entries.forEach((entry) => zip.read(entry)), ParseFailure, "damaged");
  const whole = await openZip(bytes);
  assertThrows(() => whole.read(whole.entries[0], 599), ParseFailure, "above the limit");
  assertEquals(whole.read(whole.entries[0], 600).length, 600);
});

Deno.test("openZip() refuses names that leave the folder, and reads the others", async () => {
  const names = ["../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", "a\0b"];
  const zip = await openZip(
    await zipOf(Object.fromEntries([...names, "good..txt"].map((name) => [name, "x"]))),
  );
  assertEquals(zip.entries.map((entry) => entry.refusal), [
    ...names.map(() => "ZIP archive: a name that leaves its folder"),
    undefined,
  ]);
  assertThrows(() => zip.read(zip.entries[0]), ParseFailure, "leaves its folder");
  assertEquals(asText(zip.read(zip.entries.at(-1)!)), "x");
});

Deno.test("openZip() refuses encrypted entries, links and unknown methods", async () => {
  const bytes = await zipOf({ "a.txt": "hello" });
  const refusal = async (...fields: Parameters<typeof withDirectoryField>[1][]) =>
    (await openZip(fields.reduce(withDirectoryField, bytes))).entries[0].refusal;
  assertEquals(await refusal({ at: 8, value: 1, bytes: 2 }), "encrypted: a password is needed");
  assertEquals(await refusal({ at: 10, value: 12, bytes: 2 }), "ZIP archive: unknown packing method");
  const unix = { at: 4, value: 0x0314, bytes: 2 } as const;
  assertEquals(await refusal(unix, { at: 38, value: 0xa1ff0000, bytes: 4 }), "ZIP archive: a link");
});

Deno.test("openZip() refuses entries that share their bytes", async () => {
  const bytes = await zipOf({ "a.txt": "hello", "b.txt": "hello" });
  // the second entry of the directory begins after a header of 46 bytes and a name of 5
  const overlapping = withDirectoryField(bytes, { at: 51 + 42, value: 0, bytes: 4 });
  await assertRejects(() => openZip(overlapping), ParseFailure, "entries overlap");
});

Deno.test("openZip() tells a damaged archive", async () => {
  const bytes = await zipOf({ "a.txt": "hello ".repeat(100) });
  for (
    const broken of [new Uint8Array(0), bytes.subarray(0, bytes.length - 30), new Uint8Array(100).fill(0x50)]
  ) {
    await assertRejects(() => openZip(broken), ParseFailure, "damaged ZIP archive");
  }
  const flipped = bytes.slice();
  flipped[40] ^= 0xff; // in the packed bytes
  const zip = await openZip(flipped);
  assertThrows(() => zip.read(zip.entries[0]), ParseFailure, "damaged ZIP archive");
});

Deno.test("openZip() does not pile up bytes behind the end of the packed data", async () => {
  const { deflateSync } = await import("npm:fflate@0.8.3");
  const packed = new Uint8Array(8_000_000);
  packed.set(deflateSync(new TextEncoder().encode("hello")));
  const stored = await zipOf({ "a.txt": packed }, 0);
  const opened = await openZip(withDirectoryField(stored, { at: 10, value: 8, bytes: 2 }));
  const start = performance.now();
  assertThrows(() => opened.read(opened.entries[0]), ParseFailure, "damaged ZIP archive");
  assert(performance.now() - start < 1000);
});
