import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openTestGpu } from "../../support/gpu.ts";
import { measuredTrial } from "./list_trials.ts";
import { runTrial } from "./run_trial.ts";

const ROOT = fromFileUrl(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** The bench as on a machine without packages: none may be loaded. */
async function bench(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "-q", "--no-config", "--no-remote", "--no-npm"],
      ...[`${ROOT}/tests/bench/gpu/bench_gpu.ts`, ...args],
    ],
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

async function adapterTraits(): Promise<{ adapter: string; isSoftware: boolean } | undefined> {
  await using gpu = await openTestGpu();
  return gpu?.device.traits;
}

Deno.test("benchGpu() probes this adapter and writes what it found as JSON and Markdown", async () => {
  const traits = await adapterTraits();
  if (!traits) return;
  const out = await Deno.makeTempDir({ prefix: "sheepop-bench-" });
  try {
    const { code, stdout, stderr } = await bench(["--small", "--only", "probe", "--out", out]);
    assertEquals(code, 0, stderr);
    const [, path] = /Written: (.*)\.json/.exec(stdout)!;
    const report = JSON.parse(await Deno.readTextFile(`${path}.json`));
    assertEquals([report.device.name, report.sizes], [traits.adapter, "small"]);
    assertEquals(report.trials.map(({ status }: { status: string }) => status).slice(0, 2), ["ok", "ok"]);
    const numbers = report.trials.find(({ name }: { name: string }) => name === "numbers");
    assertEquals(numbers.figures.nan_seen_by_bits, true);
    assertMatch(await Deno.readTextFile(`${path}.md`), /\| numbers +\| nan seen by bits +\| true/);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("benchGpu() refuses full sizes where a software adapter answers", async () => {
  const traits = await adapterTraits();
  if (!traits?.isSoftware) return;
  const { code, stderr } = await bench(["--only", "probe", "--out", "/nowhere"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "Cannot measure a GPU");
});

Deno.test("benchGpu() says in a line what is wrong with its arguments", async () => {
  const { code, stderr } = await bench(["--only", "speed"]);
  assertEquals(code, 2);
  assertEquals(stderr.trim().split("\n").length, 1);
  assertStringIncludes(stderr, '"speed" is no part');
});

Deno.test("a product is measured and checked against f64", async () => {
  const traits = await adapterTraits();
  if (!traits) return;
  const trial = measuredTrial(ROOT, "matmul/gpt2_up_weight_gradient", {
    small: true,
    adapter: traits.adapter,
  });
  const { status, figures, reason } = await runTrial(trial);
  assertEquals([status, figures.m_n_k], ["ok", [64, 256, 128]], reason);
  assert(Number(figures.gflops) > 0);
  assert(Number(figures.worst_difference) < 1e-4);
});

Deno.test("a trial refuses another adapter than the one the bench began on", async () => {
  if (!await adapterTraits()) return;
  const { status, reason } = await runTrial(
    measuredTrial(ROOT, "probe/loops", { small: true, adapter: "GPU X" }),
  );
  assertEquals(status, "failed");
  assertStringIncludes(reason!, "the bench began on GPU X");
});
