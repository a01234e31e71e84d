import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatGpu } from "../../cli/_doctor_report.ts";
import type { GpuExamination } from "../../lib/training/examine_gpu.ts";
import { openTestGpu } from "../support/gpu.ts";
import { MADE_UP_GPU } from "../support/made_up_gpu.ts";
import { runProgram } from "../support/program.ts";

const GPU: GpuExamination = {
  traits: MADE_UP_GPU,
  kernels: "tile",
  tuning: { path: "/home/me/.cache/sheepop/tuning/0123456789abcdef.json", subjects: 23 },
  openMs: 81.2,
  readbackMs: 0.0831,
  selfTest: { passes: 71, worst: 6.02e-7, worstTensor: "h.0.ln_1.weight", ok: true },
  selfTestMs: 1432.5,
};

Deno.test("formatGpu() lines the facts up", async (t) => {
  await t.assertSnapshot(formatGpu(GPU).join("\n"));
});

Deno.test("formatGpu() says what to do when an adapter computes wrongly or is a software one", () => {
  const selfTest = { ...GPU.selfTest, ok: false, worst: Infinity };
  const text = formatGpu({ ...GPU, selfTest, traits: { ...GPU.traits, isSoftware: true, subgroupSize: 0 } })
    .join("\n");
  assertMatch(text, /^Self-test +FAILED: 71 passes in 1\.4 s, .* Infinity \(h\.0\.ln_1\.weight\)$/m);
  assertStringIncludes(text, "try --kernels wave");
  assertStringIncludes(text, "its Vulkan driver makes training many times faster");
  assertMatch(text, /^Subgroups +not usable$/m);
});

Deno.test("sheepop doctor shows the adapter, tries it and is content", async () => {
  const gpu = await openTestGpu();
  if (!gpu) return;
  const { adapter } = gpu.device.traits;
  await gpu[Symbol.asyncDispose]();
  const { code, stdout, stderr } = await runProgram(["doctor"], { cwd: "." });
  assertEquals([code, stderr], [0, ""]);
  const facts = new Map(
    stdout.split("\n").map((line) => {
      const [name, ...value] = line.split(/ {2,}/);
      return [name, value.join(" ")];
    }),
  );
  assertEquals(facts.get("Adapter"), adapter);
  assertEquals(facts.get("Deno"), Deno.version.deno);
  assertEquals(facts.get("Kernels"), gpu.family);
  assertMatch(facts.get("Self-test")!, /^ok: \d+ passes in /);
  assertMatch(facts.get("Readback")!, /^[\d.]+ ms$/);
  const column = stdout.split("\n").filter((line) => line.includes("  ")).map((line) =>
    line.search(/ {2,}\S/) + 2
  );
  assert(column.every((at) => at <= 12), "columns line up");
});

Deno.test("sheepop doctor --json prints the same as data, with other kernels where asked", async () => {
  const gpu = await openTestGpu();
  if (!gpu) return;
  await gpu[Symbol.asyncDispose]();
  const { code, stdout } = await runProgram(["doctor", "--json", "--kernels", "tile"], { cwd: "." });
  assertEquals(code, 0);
  const report = JSON.parse(stdout);
  assertEquals(report.gpu.kernels, "tile");
  assertEquals(report.gpu.self_test.ok, true);
  assertEquals(typeof report.gpu.traits.max_binding_bytes, "number");
});

Deno.test("sheepop doctor examines f16 operands, and does not advise to install where they are refused", async () => {
  const gpu = await openTestGpu();
  if (!gpu?.device.traits.hasF16) return;
  await gpu[Symbol.asyncDispose]();
  const args = ["doctor", "--operands", "f16", "--kernels"];
  assertEquals((await runProgram([...args, "tile"], { cwd: "." })).code, 0);
  const { code, stdout, stderr } = await runProgram([...args, "plain"], { cwd: "." });
  assertEquals([code, stdout.includes("To install")], [2, false]);
  assertMatch(stderr, /^sheepop: Cannot use f16 operands with plain kernels: [^\n]+\n$/);
});

Deno.test({
  name: "sheepop doctor says what to install where no adapter answers, and ends with status 2",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const env = {
      DENO_WEBGPU_BACKEND: "vulkan",
      VK_DRIVER_FILES: "/nonexistent",
      VK_ICD_FILENAMES: "/nonexistent",
    };
    const { code, stdout, stderr } = await runProgram(["doctor"], { cwd: ".", env });
    assertEquals(code, 2);
    assertStringIncludes(stdout, "sudo apt-get install mesa-vulkan-drivers");
    assertMatch(stderr, /^sheepop: Cannot open a GPU: [^\n]+\n$/);
    const json = await runProgram(["doctor", "--json"], { cwd: ".", env });
    assertEquals(json.code, 2);
    const report = JSON.parse(json.stdout);
    assertEquals(report.gpu, null);
    assertStringIncludes(report.advice.join("\n"), "mesa-vulkan-drivers");
  },
});
