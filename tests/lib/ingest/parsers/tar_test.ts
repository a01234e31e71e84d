import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tarParser } from "../../../../lib/ingest/parsers/tar.ts";
import { openTempFolder } from "../../common/temp_folder.ts";
import { concat, makeTar, said, utf8 } from "./archive_fixture.ts";

function parse(bytes: Uint8Array, data: Parameters<typeof said>[1]["data"] = {}): Promise<string[]> {
  return said(tarParser, { name: "a.tar", bytes, data });
}

async function runTar(folder: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("tar", { args, cwd: folder }).output();
  assert(success, new TextDecoder().decode(stderr));
}

const HAS_TAR = await new Deno.Command("tar", { args: ["--version"], stdout: "null" }).output().then(
  () => true,
  () => false,
);

Deno.test("tarParser gives every file of an archive, packed or not", async () => {
  const tar = makeTar([
    { name: "folder/", flag: "5" },
    { name: "folder/a.txt", content: "first" },
    { name: "./b.txt", content: "x".repeat(600) },
    { name: "old.txt", content: "before ustar", flag: "\0" },
  ]);
  const expected = [
    "member folder/a.txt: first",
    `member b.txt: ${"x".repeat(60)}`,
    "member old.txt: before ustar",
  ];
  assertEquals(await parse(tar), expected);
  assertEquals(await parse(new Uint8Array(gzipSync(tar))), expected);
});

Deno.test({
  name: "tarParser reads what tar writes in each of its formats: long names, links, time stamps",
  ignore: !HAS_TAR,
  async fn() {
    const deep = "a long folder name that goes on and on/".repeat(6);
    const name = `${deep}\u00e9t\u00e9 ${"n".repeat(120)}.txt`;
    await using temp = await openTempFolder();
    await Deno.mkdir(join(temp.path, "in", deep), { recursive: true });
    await Deno.writeTextFile(join(temp.path, "in", name), "far down");
    await Deno.writeTextFile(join(temp.path, "in", "z.txt"), "short");
    await Deno.symlink("z.txt", join(temp.path, "in", "z1"));
    await Deno.link(join(temp.path, "in", "z.txt"), join(temp.path, "in", "z2"));
    for (const format of ["gnu", "pax", "posix"]) {
      await runTar(temp.path, `--format=${format}`, "--sort=name", "-czf", "out.tgz", "in");
      const lines = await parse(await Deno.readFile(join(temp.path, "out.tgz")));
      assertEquals(lines, [
        `member in/${name}: far down`,
        "member in/z.txt: short",
        "skipped in/z1: archive member: a symbolic link",
        "skipped in/z2: archive member: a hard link, its target is read at its own place",
      ], format);
    }
  },
});

Deno.test("tarParser tells links, devices and sparse files and gives none of them", async () => {
  const tar = makeTar([
    { name: "link", flag: "2" },
    { name: "hard", flag: "1", size: 999 },
    { name: "null", flag: "3" },
    { name: "pipe", flag: "6" },
    { name: "sparse", flag: "S", content: "x" },
    { name: "end.txt", content: "end" },
  ]);
  assertEquals(await parse(tar), [
    "skipped link: archive member: a symbolic link",
    "skipped hard: archive member: a hard link, its target is read at its own place",
    "skipped null: archive member: a device",
    "skipped pipe: archive member: a named pipe",
    "skipped sparse: archive member: not a regular file",
    "member end.txt: end",
  ]);
});

Deno.test("tarParser refuses hostile names and gives what stands beside them", async () => {
  const long = `path=${"n".repeat(10_000)}.txt\n`;
  const tar = makeTar([
    { name: "../../etc/passwd", content: "x" },
    { name: "/etc/passwd", content: "x" },
    { name: "a\u001b[31m.txt", content: "x" },
    { name: "..\\up.txt", content: "x" },
    { name: "PaxHeader", flag: "x", content: `${long.length + 6} ${long}` },
    { name: "n", content: "x" },
    { name: "twice.txt", content: "first" },
    { name: "twice.txt", content: "second" },
    { name: "good.txt", content: "good" },
  ]);
  assertEquals(await parse(tar), [
    "skipped __/__/etc/passwd: archive member: a name that leaves the archive",
    "skipped etc/passwd: archive member: an absolute name",
    "skipped a\ufffd[31m.txt: archive member: control characters in its name",
    "skipped __/up.txt: archive member: a name that leaves the archive",
    `skipped ${"n".repeat(100)}...: archive member: its name is too long`,
    "member twice.txt: first",
    "skipped twice.txt: archive member: its name occurs twice",
    "member good.txt: good",
  ]);
});

Deno.test("tarParser applies the rules of the settings to members", async () => {
  const tar = makeTar([
    { name: "a/node_modules/b/c.js", content: "x" },
    { name: "a/node_modules/d.js", content: "x" },
    { name: "a/keep.js", content: "keep" },
    { name: "a/keep.txt", content: "other" },
    { name: "empty.js" },
    { name: "large.js", content: "12345" },
  ]);
  assertEquals(await parse(tar, { extensions: [".js"], maxFileBytes: 4 }), [
    "skipped a/node_modules: excluded by data.exclude",
    "member a/keep.js: keep",
    "skipped a/keep.txt: extension is not in data.extensions",
    "skipped empty.js: empty",
    "skipped large.js: larger than data.max_file_bytes",
  ]);
});

Deno.test("tarParser stops where too much comes out", async () => {
  const zeros = makeTar([{ name: "a.txt", content: "a" }, {
    name: "b.txt",
    content: new Uint8Array(20_000_000),
  }]);
  const startedAt = performance.now();
  assertEquals(await parse(new Uint8Array(gzipSync(zeros))), [
    "member a.txt: a",
    "omitted: zip bomb: expands more than 100 times",
  ]);
  assert(performance.now() - startedAt < 2000);
  assertEquals(await parse(zeros, { maxOutput: 1000 }), [
    "member a.txt: a",
    "omitted: expands to more than data.max_output",
  ]);
});

Deno.test("tarParser gives what stands before damage, and says so", async () => {
  const tar = makeTar([{ name: "a.txt", content: "a" }, { name: "b.txt", content: "b".repeat(2000) }]);
  assertEquals(await parse(tar.subarray(0, 2000)), ["member a.txt: a", "omitted: damaged tar archive"]);
  assertEquals(await parse(makeTar([{ name: "a.txt", content: "a" }], { isCut: true })), ["member a.txt: a"]);
  const lying = makeTar([{ name: "a.txt", content: "a" }, { name: "b.txt", size: 8 ** 11 - 1 }]);
  assertEquals(await parse(lying), [
    "member a.txt: a",
    "skipped b.txt: larger than data.max_file_bytes",
    "omitted: damaged tar archive",
  ]);
  const packed = new Uint8Array(gzipSync(tar));
  assertEquals((await parse(packed.subarray(0, packed.length - 4))).slice(-1), [
    "omitted: damaged gzip archive",
  ]);
});

Deno.test("tarParser fails on what is no archive", async () => {
  assertEquals(await parse(utf8("junk")), ["failed: damaged tar archive"]);
  assertEquals(await parse(utf8("junk".repeat(200))), ["failed: damaged tar archive"]);
  assertEquals(await parse(new Uint8Array([0x1f, 0x8b, 1, 2])), ["failed: damaged gzip archive"]);
  assertEquals(await parse(concat([makeTar([]), utf8("junk")])), []);
});

Deno.test("tarParser survives any damage", async () => {
  const whole = makeTar([
    { name: "P", flag: "x", content: "17 path=long.txt\n" },
    { name: "a.txt", content: "a" },
    { name: "L", flag: "L", content: "other.txt\0" },
    { name: "b.txt", content: "b".repeat(700) },
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }),
      fc.nat(whole.length),
      async (changes, length) => {
        const damaged = whole.slice();
        for (const [at, value] of changes) damaged[at] = value;
        // a sum that fits lets damage through to the fields
        await parse(damaged.subarray(0, length));
      },
    ),
    { numRuns: 500 },
  );
});
