import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import type { Config } from "../../../lib/config/config.ts";
import { walkFiles } from "../../../lib/ingest/walk.ts";
import { openCorpus } from "./ingest_fixture.ts";

async function walked(config: Config): Promise<{ found: string[]; leftOut: Record<string, string> }> {
  const found: string[] = [];
  const leftOut: Record<string, string> = {};
  for await (const file of walkFiles(config)) {
    if ("status" in file) leftOut[file.path] = `${file.status}: ${file.reason}`;
    else found.push(file.path);
  }
  return { found, leftOut };
}

Deno.test("walkFiles() goes through folders in the code-unit order of the paths", async () => {
  const names = [
    "b.txt",
    "a/z.txt",
    "a.txt",
    "a/B/x.txt",
    "\u00e9.txt",
    "Z.txt",
    "a-b/c.txt",
    "10.txt",
    "9.txt",
  ];
  await using corpus = await openCorpus();
  for (const name of names) await corpus.add({ [name]: "text" });
  const { found } = await walked(corpus.config());
  assertEquals(found, names.map((name) => `corpus/${name}`).sort());
});

Deno.test("walkFiles() excludes at every depth and does not enter what is excluded", async () => {
  await using corpus = await openCorpus({
    ".git/objects/ab/x.txt": "x",
    "a/b/node_modules/c/d/e.js": "x",
    "a/b/c/venv/lib/python/site.py": "x",
    "a/b/keep.py": "x",
    "a/b/skip.pyc": "x",
  });
  assertEquals(await walked(corpus.config()), {
    found: ["corpus/a/b/keep.py"],
    leftOut: {
      "corpus/.git": "skipped: excluded by data.exclude",
      "corpus/a/b/c/venv": "skipped: excluded by data.exclude",
      "corpus/a/b/node_modules": "skipped: excluded by data.exclude",
      "corpus/a/b/skip.pyc": "skipped: excluded by data.exclude",
    },
  });
});

Deno.test("walkFiles() reads only what data.include names, a folder with all that is in it", async () => {
  await using corpus = await openCorpus({ "docs/a/b.md": "x", "src/c.py": "x", "d.md": "x", "e.txt": "x" });
  assertEquals((await walked(corpus.config({ include: ["docs", "*.py"] }))).found, [
    "corpus/docs/a/b.md",
    "corpus/src/c.py",
  ]);
  assertEquals((await walked(corpus.config({ include: ["/*.md"] }))).found, ["corpus/d.md"]);
});

Deno.test("walkFiles() leaves out other extensions, empty and too large files, and says so", async () => {
  await using corpus = await openCorpus({ "a.foo": "x", "b.txt": "", "c.txt": "12345", "d.txt": "1234" });
  assertEquals(await walked(corpus.config({ maxFileBytes: 4, extensions: ["txt"] })), {
    found: ["corpus/d.txt"],
    leftOut: {
      "corpus/a.foo": "skipped: extension is not in data.extensions",
      "corpus/b.txt": "skipped: empty",
      "corpus/c.txt": "skipped: larger than data.max_file_bytes",
    },
  });
  assertEquals((await walked(corpus.config({ extensions: [".foo"] }))).found, ["corpus/a.foo"]);
});

Deno.test("walkFiles() finds files whose name says nothing, so that the content decides", async () => {
  await using corpus = await openCorpus({ "a.foo": "x", "b.pdf": "x", notes: "x" });
  const kinds = await Array.fromAsync(walkFiles(corpus.config()), (one) => [one.path, one.kind]);
  assertEquals(kinds, [["corpus/a.foo", undefined], ["corpus/b.pdf", "pdf"], ["corpus/notes", undefined]]);
});

Deno.test("walkFiles() follows no symbolic link", async () => {
  await using corpus = await openCorpus({ "a/real.txt": "x" });
  await Deno.mkdir(join(corpus.path, "..", "elsewhere"));
  for (
    const [link, target] of [
      ["a/loop", ".."],
      ["a/self.txt", "self.txt"],
      ["broken.txt", "nothing"],
      ["inside.txt", "a/real.txt"],
      ["outside", "../elsewhere"],
      ["root", "/"],
    ]
  ) await Deno.symlink(target, join(corpus.path, link));
  assertEquals(await walked(corpus.config()), {
    found: ["corpus/a/real.txt"],
    leftOut: {
      "corpus/a/loop": "skipped: symbolic link loop",
      "corpus/a/self.txt": "skipped: symbolic link loop",
      "corpus/broken.txt": "skipped: symbolic link to nothing",
      "corpus/inside.txt": "skipped: symbolic link: its target is read at its own place",
      "corpus/outside": "skipped: symbolic link out of the folder",
      "corpus/root": "skipped: symbolic link loop",
    },
  });
});

Deno.test(
  "walkFiles() opens no pipe, socket or device",
  { ignore: Deno.build.os === "windows" },
  async () => {
    await using corpus = await openCorpus({ "a.txt": "x", "dir.txt/inner.txt": "x" });
    await new Deno.Command("mkfifo", { args: [join(corpus.path, "pipe.txt")] }).output();
    using _socket = Deno.listen({ transport: "unix", path: join(corpus.path, "socket.txt") });
    assertEquals(await walked(corpus.config({ paths: [corpus.path, "/dev/zero"] })), {
      found: ["corpus/a.txt", "corpus/dir.txt/inner.txt"],
      leftOut: {
        "corpus/pipe.txt": "skipped: named pipe",
        "corpus/socket.txt": "skipped: socket",
        "zero": "skipped: device",
      },
    });
  },
);

Deno.test("walkFiles() never reads what sheepop writes, even inside the data", async () => {
  await using corpus = await openCorpus({
    "a.txt": "x",
    "cache/text/abc/train.jsonl": "x",
    "cache/tokens/abc/tokenizer.json": "x",
    "cache/mine.txt": "x",
    "run/metrics.jsonl": "x",
  });
  const config = corpus.config({ outputDir: join(corpus.path, "cache") });
  config.training.runDir = join(corpus.path, "run");
  assertEquals((await walked(config)).found, ["corpus/a.txt", "corpus/cache/mine.txt"]);
});

Deno.test("walkFiles() takes single files of any ending and a link that is named itself", async () => {
  await using corpus = await openCorpus({ "notes.xyz": "x", "a/b.txt": "x" });
  await Deno.symlink(join(corpus.path, "a"), join(corpus.path, "link"));
  const paths = [join(corpus.path, "notes.xyz"), join(corpus.path, "link")];
  assertEquals((await walked(corpus.config({ paths }))).found, ["notes.xyz", "a/b.txt"]);
});

Deno.test("walkFiles() goes a thousand folders deep", async () => {
  await using corpus = await openCorpus();
  const deep = new Array(1000).fill("d").join("/");
  await Deno.mkdir(join(corpus.path, deep), { recursive: true });
  await corpus.add({ [`${deep}/end.txt`]: "x" });
  assertEquals((await walked(corpus.config())).found, [`corpus/${deep}/end.txt`]);
});

Deno.test("walkFiles() refuses a path that does not exist and a broken pattern", async () => {
  await using corpus = await openCorpus();
  const missing = join(corpus.path, "nothing here");
  const error = await assertRejects(() => walked(corpus.config({ paths: [missing] })), UsageError);
  assert(error.message.includes(missing) && error.message.includes("correct data.paths"), error.message);
  await assertRejects(() => walked(corpus.config({ exclude: ["[a"] })), UsageError, "data.exclude");
});
