import { formatIngestProgress } from "../../cli/_data_steps.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { runSheepop, withFolder } from "./_sheepop.ts";

const TEXT = "The sheep stood in the wet grass and looked at the gate.\n".repeat(20);
const FILES = {
  "a.txt": TEXT,
  "b.md": "Another text, about wool and weather.\n",
  "c.bin": "\0\0\0",
  "d.txt": "short",
};

Deno.test("sheepop ingest prints a summary and where the result lies, and writes once", async () => {
  await withFolder(FILES, async (cwd) => {
    const first = await runSheepop(["ingest", ".", "--output-dir", "out"], { cwd });
    assertEquals([first.code, first.stderr], [0, ""]);
    const lines = first.stdout.trimEnd().split("\n");
    assertMatch(lines[0], /^Files: \d+ seen, \d+ ok, \d+ partial, \d+ skipped, \d+ failed$/);
    const table = lines.findIndex((line) => /^split +documents +characters +size$/.test(line));
    assertMatch(lines[table + 1], /^train +\d/);
    assertMatch(lines[table + 2], /^validation +\d/);
    assertEquals(
      new Set(lines.slice(table, table + 3).map((line) => line.length)).size,
      1,
      "columns are aligned",
    );
    const dir = lines.at(-1)!.replace("Written: ", "");
    assert((await Deno.stat(join(cwd, dir, "train.jsonl"))).isFile);
    const second = await runSheepop(["ingest", ".", "--output-dir", "out", "--exclude", "out"], { cwd });
    assertStringIncludes(second.stdout, `Up to date: ${dir}`);
  });
});

Deno.test("sheepop tokenize reads the files and prints the vocabulary", async () => {
  await withFolder(FILES, async (cwd) => {
    const { code, stdout, stderr } = await runSheepop(["tokenize", "a.txt", "--output-dir", "out"], { cwd });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^Vocabulary: \d+ tokens\nsplit +documents +tokens +text\ntrain +\d/);
    const dir = stdout.trimEnd().split("Written: ")[1];
    assert((await Deno.stat(join(cwd, dir, "tokenizer.json"))).isFile);
    const wrong = await runSheepop(["tokenize", "a.txt", "--output-dir", "out", "--model-vocab-size", "9"], {
      cwd,
    });
    assertEquals(wrong.code, 2);
  });
});

Deno.test("sheepop ingest and tokenize refuse a path that does not exist", async () => {
  await withFolder({}, async (cwd) => {
    for (const command of ["ingest", "tokenize"]) {
      const { code, stderr } = await runSheepop([command, "nowhere"], { cwd });
      assertEquals(code, 2);
      assertStringIncludes(stderr, "sheepop: Cannot ");
      assertStringIncludes(stderr, "nowhere");
    }
  });
});

Deno.test("sheepop plot draws the curves of a run and names the files", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    kind: "train",
    step: i + 1,
    epoch: (i + 1) / 10,
    loss: 4 / (i + 1),
    learning_rate: 1e-3,
    grad_norm: 1,
    tokens: 100 * (i + 1),
    tokens_per_second: 100,
    elapsed_ms: 1000 * (i + 1),
    skipped: 0,
  }));
  const metrics = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await withFolder({ "metrics.jsonl": metrics }, async (cwd) => {
    const { code, stdout, stderr } = await runSheepop(["plot", ".", "--no-png"], { cwd });
    assertEquals([code, stderr], [0, ""]);
    const files = stdout.trimEnd().split("\n").map((line) => line.replace("Wrote ", ""));
    assertEquals(files.length, 2);
    for (const file of files) assertStringIncludes(await Deno.readTextFile(join(cwd, file)), "<svg");
  });
});

Deno.test("sheepop plot refuses a folder without metrics", async () => {
  await withFolder({}, async (cwd) => {
    const { code, stderr } = await runSheepop(["plot", "nowhere"], { cwd });
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, "sheepop: Cannot ");
  });
});

Deno.test("formatIngestProgress() says how far it is, in files and inside a long one", () => {
  const event = {
    stage: "read",
    files: 3,
    totalFiles: 40,
    bytes: 2 ** 20,
    totalBytes: 10 * 2 ** 20,
  } as const;
  assertEquals(formatIngestProgress(event, 500), "Reading files: 3 of 40, 1.0 MiB of 10.0 MiB");
  assertEquals(
    formatIngestProgress(event, 2000),
    "Reading files: 3 of 40, 1.0 MiB of 10.0 MiB, 512.0 KiB/s, 0:18 left",
  );
  const pages = { path: "corpus/book\u001b.pdf", done: 1200, total: 10_000 };
  assertEquals(
    formatIngestProgress({ ...event, pages }, 2000),
    "Reading files: 3 of 40, page 1,200 of 10,000 of corpus/book .pdf",
  );
});
