import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import {
  bestValidation,
  type MetricsRow,
  openMetrics,
  readMetrics,
  writeMetricsSummary,
} from "../../../lib/monitor/metrics.ts";
import { openTestFolder, trainRow, validationRow } from "./_metrics_fixture.ts";

Deno.test("readMetrics() gives back the rows that were written, in one line each", async () => {
  await using folder = await openTestFolder();
  const rows = [validationRow(0), trainRow(10), trainRow(20, { gradNorm: NaN }), validationRow(20)];
  writeRows(folder.path, rows);
  assertEquals(await readMetrics(folder.path), rows);
  const lines = (await Deno.readTextFile(join(folder.path, "metrics.jsonl"))).split("\n");
  assertEquals(lines.length, 5);
  assertEquals(JSON.parse(lines[1]), {
    kind: "train",
    step: 10,
    epoch: 0.1,
    loss: 0.1,
    learning_rate: 0.001,
    grad_norm: 1,
    tokens: 20480,
    tokens_per_second: 4000,
    elapsed_ms: 1000,
    skipped: 0,
  });
  assertEquals(JSON.parse(lines[2]).grad_norm, null);
});

Deno.test("MetricsWriter.write() makes a row visible to other programs at once", async () => {
  await using folder = await openTestFolder();
  using metrics = openMetrics(folder.path);
  metrics.write(trainRow(10));
  assertEquals(await readMetrics(folder.path), [trainRow(10)]);
});

Deno.test("openMetrics() begins an empty file for a new run", async () => {
  await using folder = await openTestFolder();
  writeRows(folder.path, [trainRow(10)]);
  writeRows(folder.path, [trainRow(5)]);
  assertEquals(await readMetrics(folder.path), [trainRow(5)]);
});

Deno.test("openMetrics() goes on after the rows of the resumed step", async () => {
  await using folder = await openTestFolder();
  writeRows(folder.path, [trainRow(10), validationRow(10), trainRow(20), validationRow(20), trainRow(30)]);
  writeRows(folder.path, [trainRow(20, { loss: 9 })], 10);
  assertEquals(await readMetrics(folder.path), [trainRow(10), validationRow(10), trainRow(20, { loss: 9 })]);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["metrics.jsonl"]);
});

Deno.test("openMetrics() resumes a run that logged nothing", async () => {
  await using folder = await openTestFolder();
  writeRows(join(folder.path, "new"), [trainRow(10)], 5);
  assertEquals(await readMetrics(join(folder.path, "new")), [trainRow(10)]);
});

Deno.test("openMetrics() cuts a torn last line, wherever it was torn", async () => {
  await using folder = await openTestFolder();
  const path = join(folder.path, "metrics.jsonl");
  writeRows(folder.path, [trainRow(10), trainRow(20)]);
  const text = await Deno.readTextFile(path);
  const lastLine = text.indexOf("\n") + 1;
  for (let length = text.length; length >= lastLine; length -= length > text.length - 3 ? 1 : 6) {
    await Deno.writeTextFile(path, text.slice(0, length));
    // without its line end only, the row is whole
    const isWhole = length >= text.length - 1;
    assertEquals(await readMetrics(folder.path), isWhole ? [trainRow(10), trainRow(20)] : [trainRow(10)]);
    writeRows(folder.path, [trainRow(30)], 20);
    const kept = isWhole ? [trainRow(10), trainRow(20)] : [trainRow(10)];
    assertEquals(await readMetrics(folder.path), [...kept, trainRow(30)]);
  }
});

Deno.test("readMetrics() names a damaged line that is not the last", async () => {
  await using folder = await openTestFolder();
  const path = join(folder.path, "metrics.jsonl");
  for (
    const line of [
      '{"kind":"train","step":1}',
      "null",
      "{",
      '{"kind":"other"}',
      '{"kind":"train","step":"1"}',
      '{"kind":"validation","step":null,"loss":1,"perplexity":1,"bits_per_byte":1,"tokens":1}',
    ]
  ) {
    writeRows(folder.path, [trainRow(10)]);
    await Deno.writeTextFile(path, `${line}\n`, { append: true });
    assertEquals((await readMetrics(folder.path)).length, 1);
    await Deno.writeTextFile(path, await Deno.readTextFile(path) + line);
    await assertRejects(() => readMetrics(folder.path), UsageError, "line 2 is not a row of metrics");
    writeRows(folder.path, [], 10);
    assertEquals(await readMetrics(folder.path), [trainRow(10)]);
  }
});

Deno.test("readMetrics() finds no rows before the first and refuses a missing folder", async () => {
  await using folder = await openTestFolder();
  assertEquals(await readMetrics(folder.path), []);
  await assertRejects(() => readMetrics(join(folder.path, "no")), UsageError, "there is no such folder");
});

Deno.test("MetricsWriter.write() leaves no half row on a full disk", async () => {
  await using folder = await openTestFolder();
  const limited = new Deno.Command("bash", {
    args: [
      "-c",
      `ulimit -f 1; trap '' XFSZ; exec "${Deno.execPath()}" eval --no-lock "$0"`,
      writeUntilFull(folder.path),
    ],
    stdout: "piped",
    stderr: "piped",
  });
  const { stdout, stderr, success } = await limited.output();
  assert(success, new TextDecoder().decode(stderr));
  const written = Number(new TextDecoder().decode(stdout));
  const rows = await readMetrics(folder.path);
  assertEquals(rows.length, written);
  const text = await Deno.readTextFile(join(folder.path, "metrics.jsonl"));
  assert(text.endsWith("}\n") && text.length <= 1024, text.slice(-40));
});

Deno.test("bestValidation() takes the lowest loss and passes over NaN", () => {
  const rows = [
    validationRow(1, NaN),
    validationRow(2, 3),
    trainRow(3),
    validationRow(4, 2),
    validationRow(5, 2),
  ];
  assertEquals(bestValidation(rows)?.step, 4);
  assertEquals(bestValidation([trainRow(1)]), undefined);
});

Deno.test("writeMetricsSummary() writes totals, best, final and every row as columns", async () => {
  await using folder = await openTestFolder();
  const runDir = join(folder.path, "my-run");
  writeRows(runDir, [trainRow(10), validationRow(10, 2), trainRow(20), validationRow(20, 3)]);
  const path = await writeMetricsSummary(runDir);
  assertEquals(path, join(runDir, "metrics.json"));
  const summary = JSON.parse(await Deno.readTextFile(path));
  assertEquals(
    [summary.run, summary.steps, summary.tokens, summary.epochs, summary.elapsed_ms],
    ["my-run", 20, 40960, 0.2, 2000],
  );
  assertEquals(summary.best_validation.step, 10);
  assertEquals([summary.final.train.step, summary.final.validation.step], [20, 20]);
  assertEquals(summary.train.step, [10, 20]);
  assertEquals(summary.train.learning_rate, [0.001, 0.001]);
  assertEquals(summary.validation.loss, [2, 3]);
});

Deno.test("writeMetricsSummary() describes a run without rows", async () => {
  await using folder = await openTestFolder();
  const summary = JSON.parse(await Deno.readTextFile(await writeMetricsSummary(folder.path)));
  assertEquals([summary.steps, summary.best_validation, summary.final.train], [0, null, null]);
  assertEquals(summary.train.loss, []);
});

Deno.test("openMetrics() refuses a folder that cannot be made", async () => {
  await using folder = await openTestFolder();
  await Deno.writeTextFile(join(folder.path, "file"), "");
  assertThrows(() => openMetrics(join(folder.path, "file")), UsageError, "Cannot write");
});

function writeRows(runDir: string, rows: readonly MetricsRow[], resumeStep?: number): void {
  using metrics = openMetrics(runDir, { resumeStep });
  for (const row of rows) metrics.write(row);
}

/** A program that writes rows until the file may grow no more, and prints how many it wrote. */
function writeUntilFull(runDir: string): string {
  const module = new URL("../../../lib/monitor/metrics.ts", import.meta.url).href;
  return `import { openMetrics } from ${JSON.stringify(module)};
    const metrics = openMetrics(${JSON.stringify(runDir)});
    let written = 0;
    try {
      for (;; written++) metrics.write(${JSON.stringify(trainRow(10))});
    } catch (error) {
      if (error.name !== "UsageError" || written === 0) throw error;
    }
    console.log(written);`;
}
