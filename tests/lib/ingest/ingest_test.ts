import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { stub } from "@std/testing/mock";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { openStagingFolder } from "../../../lib/common/atomic_file.ts";
import { sha256 } from "../../../lib/common/hash.ts";
import { ingest, type IngestProgress } from "../../../lib/ingest/ingest.ts";
import { textPage, writePdf } from "../../support/pdf_writer.ts";
import { allRows, leftOutOf, manifestOf, openCorpus, splitRows } from "./ingest_fixture.ts";

const STORY = "The shepherd counted the flock. One was missing.\n";

async function filesOf(dir: string): Promise<Record<string, string>> {
  const entries = await Array.fromAsync(Deno.readDir(dir));
  const files = entries.filter((entry) => entry.isFile && entry.name !== ".lock").map(({ name }) => name)
    .sort();
  const hashes = files.map(async (name) => [name, sha256(await Deno.readFile(join(dir, name)))]);
  return Object.fromEntries(await Promise.all(hashes));
}

Deno.test("ingest() writes rows, a manifest and a summary that agree", async () => {
  await using corpus = await openCorpus({
    "a.txt": STORY,
    "b.md": "# Wool\r\n\r\n\tSpin it.\r\n",
    "c.py": "def shear(sheep):\n    return sheep.wool\n",
    "d.jsonl": '{"text":"one record"}\n{"text":"another record"}\nnot json\n',
    "e.bin": "\0picture",
  });
  const { dir, hash, upToDate, summary } = await ingest(corpus.config());
  assertEquals(dir, join(corpus.cache, "text", hash.slice(0, 12)));
  assertEquals(upToDate, false);
  const rows = await allRows(dir);
  const joined = rows.map((row) => row.text).join("");
  for (const piece of ["counted the flock", "\n\n\tSpin", "\n    return", "one record", "another record"]) {
    assert(joined.includes(piece), piece);
  }
  assertEquals(summary.files, { seen: 5, ok: 3, partial: 1, skipped: 1, failed: 0 });
  assertEquals(summary.reasons, { "lines that are not JSON": 1, "not text: NUL bytes": 1 });
  assertEquals([summary.duplicates, summary.shortDocuments], [0, 0]);
  assertEquals([summary.train.documents, summary.validation.documents], [
    (await splitRows(dir, "train")).length,
    (await splitRows(dir, "validation")).length,
  ]);
  const manifest = await manifestOf(dir);
  assertEquals(
    manifest.map((entry) => entry.path),
    ["a.txt", "b.md", "c.py", "d.jsonl", "e.bin"].map((name) => `corpus/${name}`),
  );
  assertEquals(manifest[0].sha256, sha256(STORY));
  assertEquals([manifest[0].bytes, manifest[0].characters, manifest[0].kind], [
    STORY.length,
    STORY.length,
    "text",
  ]);
  assertEquals(
    [manifest[3].status, manifest[3].reason, manifest[3].detail],
    ["partial", "lines that are not JSON", "1, the first in line 3"],
  );
  assertEquals(manifest[3].documents, 2);
  assertEquals([manifest[4].status, manifest[4].characters, manifest[4].split], ["skipped", 0, null]);
});

Deno.test("ingest() does nothing twice and leaves the input folder as it was", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY, "b.txt": STORY + "More." });
  const first = await ingest(corpus.config());
  const written = await Deno.stat(join(first.dir, "train.jsonl"));
  const second = await ingest(corpus.config());
  const entries = first.entries.map((entry) => ({ ...entry, elapsedMs: 0 }));
  assertEquals(second, { ...first, upToDate: true, elapsedMs: null, entries });
  assertEquals((await Deno.stat(join(first.dir, "train.jsonl"))).mtime, written.mtime);
  assertEquals(Object.keys(await filesOf(corpus.path)), ["a.txt", "b.txt"]);
});

Deno.test("ingest() waits for nobody when there is nothing to do", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY });
  await ingest(corpus.config());
  await using _busy = await openStagingFolder(join(corpus.cache, "text"));
  assertEquals((await ingest(corpus.config())).upToDate, true);
});

Deno.test("ingest() notices a changed byte even when size and time stay the same", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY, "b.txt": "The dog barked." });
  const first = await ingest(corpus.config());
  const path = join(corpus.path, "b.txt");
  const { mtime } = await Deno.stat(path);
  await Deno.writeTextFile(path, "The dog parked.");
  await Deno.utime(path, mtime!, mtime!);
  const second = await ingest(corpus.config());
  assertEquals(second.upToDate, false);
  assertNotEquals(second.hash, first.hash);
});

Deno.test("ingest() gives the same bytes whatever the order of files on disk and the place of the folder", async () => {
  const files = Object.entries({
    "a.txt": STORY,
    "b/c.txt": "c text",
    "b/d.txt": "d text",
    "e.txt": "e text",
  });
  await using one = await openCorpus(Object.fromEntries(files));
  await using two = await openCorpus(Object.fromEntries(files.toReversed()));
  const [first, second] = [await ingest(one.config()), await ingest(two.config())];
  assertEquals(first.hash, second.hash);
  assertEquals(await filesOf(first.dir), await filesOf(second.dir));
});

Deno.test("ingest() gives another hash for every setting that changes the text", async () => {
  await using corpus = await openCorpus({
    "a.txt": STORY,
    "b.txt": "short",
    "c.txt": "cafe\u0301 in the hills",
  });
  const settings = [{}, { mode: "line" as const }, { minLength: 6 }, { unicode: "none" as const }, {
    validationFraction: 0.4,
  }, { exclude: ["b.txt"] }];
  const hashes = new Set<string>();
  for (const one of settings) hashes.add((await ingest(corpus.config(one))).hash);
  assertEquals(hashes.size, settings.length);
});

Deno.test("ingest() writes again what is damaged or half written", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY });
  const { dir } = await ingest(corpus.config());
  const good = await filesOf(dir);
  for (
    const damage of [
      () => Deno.truncate(join(dir, "train.jsonl"), 5),
      () => Deno.remove(join(dir, "validation.jsonl")),
      () => Deno.writeTextFile(join(dir, "dataset.json"), "{"),
      () => Deno.writeTextFile(join(dir, "dataset.json"), "{}"),
    ]
  ) {
    await damage();
    assertEquals((await ingest(corpus.config())).upToDate, false);
    assertEquals(await filesOf(dir), good);
  }
});

Deno.test("ingest() survives every kind of bad file and counts each once", async () => {
  await using corpus = await openCorpus({
    "good.txt": STORY,
    "copy.txt": STORY,
    "binary.txt": "MZ\0\0\0",
    "pdf.txt": "%PDF-1.4 ...",
    "short.txt": "   ab   ",
    "bad.jsonl": "{\n}\n",
    "empty.md": "",
  });
  const { dir, summary } = await ingest(corpus.config({ minLength: 3 }));
  assertEquals(await leftOutOf(dir), {
    "corpus/bad.jsonl": "failed: no line is JSON",
    "corpus/binary.txt": "skipped: not text: program",
    "corpus/empty.md": "skipped: empty",
    "corpus/good.txt": "skipped: duplicate of an earlier document",
    "corpus/pdf.txt": "failed: damaged PDF",
    "corpus/short.txt": "skipped: shorter than data.min_length",
  });
  const { seen, ok, skipped, failed } = summary.files;
  assertEquals([seen, ok, skipped, failed], [7, 1, 4, 2]);
});

Deno.test("ingest() goes on when a file cannot be read or vanishes, and hashes what it read", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY, "b.txt": "locked away", "c.txt": "gone soon" });
  const { readFile, openSync } = Deno;
  using _opener = stub(Deno, "openSync", (path, options) => {
    if (String(path).endsWith("b.txt")) throw new Deno.errors.PermissionDenied("locked");
    return openSync(path, options);
  });
  const reader = stub(Deno, "readFile", async (path, options) => {
    if (String(path).endsWith("c.txt")) await Deno.remove(path);
    return await readFile(path, options);
  });
  const { dir, hash, summary } = await ingest(corpus.config()).finally(() => reader.restore());
  assertEquals(summary.files, { seen: 3, ok: 1, partial: 0, skipped: 0, failed: 2 });
  assertEquals(await leftOutOf(dir), {
    "corpus/b.txt": "failed: permission denied",
    "corpus/c.txt": "failed: vanished while being read",
  });
  assertNotEquals((await ingest(corpus.config())).hash, hash);
});

Deno.test("ingest() names a data set by what it read when a file changes in between", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY, "b.txt": "first version" });
  const readFile = Deno.readFile;
  const reader = stub(Deno, "readFile", async (path, options) => {
    if (String(path).endsWith("b.txt")) await Deno.writeTextFile(path, "second version");
    return await readFile(path, options);
  });
  const changed = await ingest(corpus.config()).finally(() => reader.restore());
  const again = await ingest(corpus.config());
  assertEquals([again.hash, again.upToDate], [changed.hash, true]);
  assert((await allRows(again.dir)).some((row) => row.text === "second version"));
});

Deno.test("ingest() makes every line of at least data.min_length a document in line mode", async () => {
  await using corpus = await openCorpus({
    "a.txt": "first line\n\n  indented line\nno\nfirst line\nlast line",
  });
  const { dir, summary } = await ingest(corpus.config({ mode: "line", minLength: 4, validationFraction: 0 }));
  assertEquals((await splitRows(dir, "train")).map((row) => row.text), [
    "first line",
    "  indented line",
    "last line",
  ]);
  assertEquals([summary.shortDocuments, summary.duplicates], [2, 1]);
});

Deno.test("ingest() reads at most data.max_files files", async () => {
  await using corpus = await openCorpus({ "a.txt": "aaa", "b.css": "bbb", "c.txt": "ccc", "d.txt": "ddd" });
  const config = corpus.config({ maxFiles: 2, extensions: [".txt"], validationFraction: 0 });
  const { dir } = await ingest(config);
  assertEquals((await splitRows(dir, "train")).map((row) => row.text), ["aaa", "ccc"]);
});

Deno.test("ingest() makes both splits from one file and from two", async () => {
  await using one = await openCorpus({ "a.txt": STORY.repeat(50) });
  const { dir, summary } = await ingest(one.config());
  assertEquals([summary.cutDocument, (await manifestOf(dir))[0].split], ["corpus/a.txt", "both"]);
  assertEquals((await splitRows(dir, "validation")).length, 1);
  await using two = await openCorpus({ "a.txt": STORY, "b.txt": "Another story." });
  const { summary: both } = await ingest(two.config());
  assert(both.train.documents > 0 && both.validation.documents > 0);
});

Deno.test("ingest() writes into the manifest where a document went in the end", async () => {
  // both texts belong to validation by their hash, so the long one is moved to training
  await using corpus = await openCorpus({
    "long.txt": validationText(STORY.repeat(40)),
    "short.txt": validationText(STORY.repeat(3)),
  });
  const { dir, summary } = await ingest(corpus.config({ nearDuplicateSimilarity: 0 }));
  assertEquals(summary.cutDocument, null);
  assertEquals((await manifestOf(dir)).map((entry) => entry.split), ["train", "validation"]);
  assertEquals((await splitRows(dir, "train")).map((row) => row.path), ["corpus/long.txt"]);
});

Deno.test("ingest() says in one line where it looked and why nothing was there", async () => {
  await using corpus = await openCorpus({ "a.css": "x", "b.txt": "", "c.txt": "\0" });
  const error = await assertRejects(() => ingest(corpus.config({ extensions: [".txt"] })), UsageError);
  for (
    const piece of [
      `Cannot find text to learn from in ${corpus.path}`,
      "3 seen, 3 skipped and 0 failed",
      "1 empty",
      "1 extension is not in data.extensions",
      "1 not text: NUL bytes",
      "data.paths",
    ]
  ) assert(error.message.includes(piece), error.message);
  assert(!error.message.includes("\n"));
  const left = await Array.fromAsync(Deno.readDir(join(corpus.cache, "text")), (entry) => entry.name);
  assertEquals(left, [".lock"]);
});

Deno.test("ingest() may run twice at once", async () => {
  await using corpus = await openCorpus({ "a.txt": STORY, "b.txt": "Another story." });
  const [one, two] = await Promise.all([ingest(corpus.config()), ingest(corpus.config())]);
  assertEquals([one.upToDate, two.upToDate].sort(), [false, true]);
  assertEquals(one.hash, two.hash);
});

Deno.test("ingest() reports its progress", async () => {
  await using corpus = await openCorpus({ "a.txt": "aaa", "b.txt": "bbbb" });
  const events: IngestProgress[] = [];
  await ingest(corpus.config(), { onProgress: (event) => events.push(event) });
  assertEquals(events, [
    { stage: "scan", files: 1, totalFiles: 0, bytes: 3, totalBytes: 0 },
    { stage: "scan", files: 2, totalFiles: 0, bytes: 7, totalBytes: 0 },
    { stage: "read", files: 1, totalFiles: 2, bytes: 3, totalBytes: 7 },
    { stage: "read", files: 2, totalFiles: 2, bytes: 7, totalBytes: 7 },
  ]);
});

Deno.test("ingest() tries a file again whose package could not be fetched", async () => {
  await using corpus = await openCorpus({
    "a.txt": STORY,
    "b.html": "<p>Wool is spun by the fire in the evening.</p>",
  });
  const names = ["DENO_DIR", "NPM_CONFIG_REGISTRY"];
  const before = names.map((name) => Deno.env.get(name));
  // an empty cache, and a registry that nobody answers for
  Deno.env.set("DENO_DIR", join(corpus.cache, "deno"));
  Deno.env.set("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/");
  try {
    const { dir } = await ingest(corpus.config());
    assertEquals(await leftOutOf(dir), {
      "corpus/b.html": "failed: its package is not here and cannot be downloaded",
    });
  } finally {
    for (const [at, name] of names.entries()) {
      if (before[at] === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before[at]);
    }
  }
  const { upToDate, summary } = await ingest(corpus.config());
  assertEquals([upToDate, summary.files.ok], [false, 2]);
});

Deno.test("ingest() tells of the pages of a file while it is read", async () => {
  const lines = ["The first page counts the sheep.", "The second counts the goats."];
  const book = writePdf({ pages: lines.map((line) => textPage([line])) });
  await using corpus = await openCorpus({ "book.pdf": book });
  const told: unknown[] = [];
  await ingest(corpus.config(), { onProgress: ({ pages }) => pages && told.push(pages) });
  assertEquals(told, [1, 2].map((done) => ({ path: "corpus/book.pdf", done, total: 2 })));
});

/** A text whose hash says validation at a share of 0.1. */
function validationText(text: string): string {
  for (let at = 0;; at++) {
    if (parseInt(sha256(text + at).slice(0, 12), 16) / 2 ** 48 < 0.1) return text + at;
  }
}
