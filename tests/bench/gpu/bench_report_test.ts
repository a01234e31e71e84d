import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type BenchRun, makeReport, refusalOf, reportName } from "./bench_report.ts";
import { formatNumber, formatReport } from "./report_markdown.ts";
import { PARTS } from "./trial.ts";

const GPU = { name: "Super GPU 9000 (TURBO)", isSoftware: false };
const SOFTWARE = { name: "llvmpipe (LLVM 15.0.6, 256 bits)", isSoftware: true };

function runOn(device: BenchRun["device"], changes: Partial<BenchRun> = {}): BenchRun {
  return {
    device,
    machine: { driver: "1.2", cores: 2 },
    small: device.isSoftware,
    only: PARTS,
    startedAt: "2025-01-01T00:00:00.000Z",
    elapsedS: 12.4,
    trials: [
      {
        part: "probe",
        name: "loops",
        status: "ok",
        elapsedS: 1,
        figures: { is_capped: false, count: 65535, lanes: { sizes: [8, 16] }, long: "x".repeat(61) },
      },
      { part: "matmul", name: "ceilings", status: "ok", elapsedS: 1, figures: { f32_gflops: 1000 } },
      {
        part: "matmul",
        name: "square_4096",
        status: "ok",
        elapsedS: 1,
        figures: { mode: "NN", m_n_k: [4, 5, 6], kernels: ["a", "b"], best_ms: 1.2345, gflops: 250 },
      },
      {
        part: "train",
        name: "gpt2_124m",
        status: "failed",
        reason: "B 8: too | large",
        elapsedS: 1,
        figures: {},
      },
    ],
    ...changes,
  };
}

Deno.test("reportName() makes a file's name of the adapter's, and says what is missing", () => {
  assertEquals(reportName(GPU, { small: false, only: PARTS }), "super-gpu-9000");
  assertEquals(reportName(SOFTWARE, { small: true, only: PARTS }), "llvmpipe-small");
  assertEquals(reportName(GPU, { small: false, only: ["probe", "train"] }), "super-gpu-9000-probe-train");
  assertEquals(reportName({ ...GPU, name: "(?)" }, { small: false, only: PARTS }), "unknown");
});

Deno.test("refusalOf() lets no software adapter pass for a GPU", () => {
  assertMatch(refusalOf(SOFTWARE, false)!, /^Cannot measure a GPU: .*llvmpipe.*--small/);
  assertEquals([refusalOf(SOFTWARE, true), refusalOf(GPU, false)], [undefined, undefined]);
});

Deno.test("makeReport() labels a software adapter and judges nothing there", () => {
  const { label, device, sizes, bars } = makeReport(runOn(SOFTWARE));
  assertStringIncludes(label, "not the figures of a GPU");
  assertEquals([device.is_software, sizes], [true, "small"]);
  assertEquals(new Set(bars.map(({ note }) => note)), new Set(["software adapter"]));
});

Deno.test("makeReport() judges a GPU at full size only", () => {
  const [bar] = makeReport(runOn(GPU)).bars;
  assertEquals([bar.value, bar.verdict], [0.25, "missed"]);
  const small = makeReport(runOn(GPU, { small: true }));
  assertEquals(small.bars[0].note, "small sizes");
  assertStringIncludes(small.label, "too small");
});

Deno.test("makeReport() is JSON that holds every trial, those that failed too", () => {
  const { trials, elapsed_s, format } = JSON.parse(JSON.stringify(makeReport(runOn(GPU))));
  assertEquals([format, elapsed_s, trials.length], [1, 12, 4]);
  assertEquals(trials[3].reason, "B 8: too | large");
});

Deno.test("formatReport() shows label, bars, shares of the ceiling and what failed", () => {
  const text = formatReport(makeReport(runOn(GPU)));
  assertStringIncludes(text, "# Super GPU 9000 (TURBO)\n\n**Measured on Super GPU 9000 (TURBO).**");
  assertStringIncludes(text, "| 0.6 share | 0.25 | missed | 250 of 1000 GFLOP/s |");
  assertStringIncludes(text, "| square_4096 | NN 4 x 5 x 6 | a, b | 1.23 | 250 | 25 % |");
  assertStringIncludes(
    text,
    "| loops | is capped | false |\n| loops | count | 65,535 |\n| loops | lanes: sizes | 8, 16 |",
  );
  assertStringIncludes(text, `\n- loops, long: ${"x".repeat(61)}\n\n## Failed`);
  assertStringIncludes(text, "| train/gpt2_124m | failed | B 8: too \\| large |");
  const small = formatReport(makeReport(runOn(SOFTWARE)));
  assertStringIncludes(small, "| square_4096, small size | NN 4 x 5 x 6 |");
});

Deno.test("formatNumber() keeps three digits and separates thousands", () => {
  const texts = [0.12345, 12.345, 123.45, 1234.5, 65535, 0, 5.95e-7, NaN].map(formatNumber);
  assertEquals(texts, ["0.123", "12.3", "123", "1,235", "65,535", "0", "5.95e-7", "NaN"]);
});
