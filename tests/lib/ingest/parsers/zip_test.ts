import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { zipSync } from "npm:fflate@0.8.3";
import { zipParser } from "../../../../lib/ingest/parsers/zip.ts";
import { said, utf8 } from "./archive_fixture.ts";

type Members = Parameters<typeof zipSync>[0];

function parse(bytes: Uint8Array, data = {}): Promise<string[]> {
  return said(zipParser, { name: "a.zip", bytes, data });
}

/** The archive with bytes changed from one text to another of the same length, in every place. */
function replaced(bytes: Uint8Array, [from, to]: [string, string]): Uint8Array {
  const latin1 = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return Uint8Array.from(latin1.replaceAll(from, to), (character) => character.charCodeAt(0));
}

Deno.test("zipParser gives every file of an archive in its order", async () => {
  const zip = zipSync({
    "b.txt": utf8("second"),
    folder: { "a.txt": utf8("in a folder") },
    "empty/": new Uint8Array(0),
  });
  assertEquals(await parse(zip), ["member b.txt: second", "member folder/a.txt: in a folder"]);
});

Deno.test("zipParser refuses hostile names, links and encrypted members and gives what stands beside them", async () => {
  const members: Members = {
    "../../up.txt": utf8("x"),
    "/root.txt": utf8("x"),
    "C:\\boot.ini": utf8("x"),
    "..\\win.txt": utf8("x"),
    "a\nb.txt": utf8("x"),
    ["n".repeat(10_000)]: utf8("x"),
    "link": [utf8("/etc/passwd"), { os: 3, attrs: 0o120777 << 16 }],
    "back\\slash.txt": utf8("a folder by another name"),
    "twice1.txt": utf8("first"),
    "twice2.txt": utf8("second"),
    "good.txt": utf8("good"),
  };
  assertEquals(await parse(replaced(zipSync(members), ["twice2", "twice1"])), [
    "skipped __/__/up.txt: archive member: a name that leaves the archive",
    "skipped root.txt: archive member: an absolute name",
    "skipped C:/boot.ini: archive member: an absolute name",
    "skipped __/win.txt: archive member: a name that leaves the archive",
    "skipped a\ufffdb.txt: archive member: control characters in its name",
    `skipped ${"n".repeat(100)}...: archive member: its name is too long`,
    "skipped link: archive member: a symbolic link",
    "member back/slash.txt: a folder by another name",
    "member twice1.txt: first",
    "skipped twice1.txt: archive member: its name occurs twice",
    "member good.txt: good",
  ]);
  const encrypted = zipSync({ "a.txt": utf8("secret") });
  encrypted[encrypted.findLastIndex((_, at) => encrypted[at] === 0x50 && encrypted[at + 2] === 1) + 8] |= 1;
  assertEquals(await parse(encrypted), ["failed a.txt: encrypted: a password is needed"]);
});

Deno.test("zipParser applies the rules of the settings to members", async () => {
  const zip = zipSync({
    "__pycache__/a.txt": utf8("x"),
    "__pycache__/b.txt": utf8("x"),
    "c.md": utf8("x"),
    "d.txt": utf8("12345"),
    "e.txt": utf8("1234"),
  });
  assertEquals(await parse(zip, { extensions: ["txt"], maxFileBytes: 4 }), [
    "skipped __pycache__: excluded by data.exclude",
    "skipped c.md: extension is not in data.extensions",
    "skipped d.txt: larger than data.max_file_bytes",
    "member e.txt: 1234",
  ]);
  assertEquals(await parse(zip, { exclude: [], maxOutput: 2 }), [
    "member __pycache__/a.txt: x",
    "member __pycache__/b.txt: x",
    "omitted: expands to more than data.max_output",
  ]);
});

Deno.test("zipParser stops a bomb and gives what stands beside it", async () => {
  const startedAt = performance.now();
  const zip = zipSync({ "a.txt": utf8("good"), "zeros.txt": new Uint8Array(20_000_000) });
  assertEquals(await parse(zip), [
    "member a.txt: good",
    "failed zeros.txt: zip bomb: expands more than 100 times",
  ]);
  assert(performance.now() - startedAt < 2000);
});

Deno.test("zipParser goes on behind a damaged member", async () => {
  const zip = zipSync({ "a.txt": utf8("aaaa"), "b.txt": utf8("bbbb") }, { level: 0 });
  assertEquals(await parse(replaced(zip, ["aaaa", "aaax"])), [
    "failed a.txt: damaged ZIP archive",
    "member b.txt: bbbb",
  ]);
  assertEquals(await parse(zip.subarray(0, 60)), ["failed: damaged ZIP archive"]);
});

Deno.test("zipParser survives any damage", async () => {
  const whole = zipSync({ "a.txt": utf8("a".repeat(300)), "f/b.txt": utf8("bcd") });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(whole.length),
      async (changes, length) => {
        const damaged = whole.slice(0, length);
        for (const [at, value] of changes) if (at < length) damaged[at] = value;
        await parse(damaged);
      },
    ),
    { numRuns: 500 },
  );
});
