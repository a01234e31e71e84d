// `deno task bench:gpu`: what a GPU offers, whether sheepop computes rightly on it, and how fast, in one command that
// needs Deno and a Vulkan driver and nothing else: no package, no network. Each trial runs in a process of its own.
// docs/benchmarks/README.md says how to run it and what the figures mean.

import { type BenchOptions, parseBenchOptions, USAGE } from "./bench_options.ts";
import { type BenchDevice, type BenchRun, makeReport, refusalOf, reportName } from "./bench_report.ts";
import { valueOf } from "./figures.ts";
import { listTrials, measuredTrial } from "./list_trials.ts";
import { describeMachine } from "./machine.ts";
import { runMeasurement } from "./measured_trials.ts";
import { formatNumber, formatReport } from "./report_markdown.ts";
import { runTrial } from "./run_trial.ts";
import { PARTS, type Trial, trialId, type TrialResult } from "./trial.ts";

const ROOT = decodeURIComponent(new URL("../../..", import.meta.url).pathname).replace(/\/$/, "");
/** Less than this is not worth starting a trial for, seconds. */
const LEAST_S = 3;
/** Test files at a time on a GPU, where most of their time is Deno's and the compiler's. */
const CHECKS_AT_A_TIME = 4;
/** Figures shown while the bench runs, where a trial has them. */
const HEADLINES = [
  ...["gflops", "ms_per_step", "tokens_per_second", "gb_per_second", "passed", "failed"],
  ...["f32.tokens_per_second", "tf32.tokens_per_second", "bf16.tokens_per_second"],
  ...["f32_gflops", "f16_gflops", "copy_gb_per_second", "worst_relative_difference"],
  ...["synchronous_ms", "awaited_ms", "submit_us", "dependent_dispatch_us", "device_over_host"],
  ...["iterations_of_100000", "size_kernels_use", "largest_ok_bytes", "products"],
];

/** @returns exit status: 0 when every trial ended well, 1 when one did not, 2 when there is nothing to measure */
export async function benchGpu(options: BenchOptions): Promise<number> {
  const started = performance.now();
  const elapsedS = () => (performance.now() - started) / 1000;
  const probe = await runTrial(measuredTrial(ROOT, "probe/adapter", options));
  if (probe.status !== "ok") return refuse(`Cannot measure: ${probe.reason}`);
  const device: BenchDevice = {
    name: String(probe.figures.name),
    isSoftware: probe.figures.is_software === true,
  };
  const refusal = refusalOf(device, options.small);
  if (refusal) return refuse(refusal);
  console.error(`${device.name}, ${options.small ? "small" : "full"} sizes, ${options.budgetS} s at most`);
  const trials: TrialResult[] = options.only.includes("probe") ? [probe] : [];
  const run: Omit<BenchRun, "elapsedS"> = {
    device,
    machine: await describeMachine(device.name, ROOT),
    small: options.small,
    only: options.only,
    startedAt: new Date().toISOString(),
    trials,
  };
  const path = `${options.out ?? `${ROOT}/docs/benchmarks`}/${reportName(device, options)}`;
  const todo = (await listTrials(ROOT, options, device.name)).filter((trial) =>
    trialId(trial) !== "probe/adapter"
  );
  for (const part of PARTS) {
    const ofPart = todo.filter((trial) => trial.part === part);
    if (ofPart.length === 0) continue;
    const width = part === "check" && !device.isSoftware ? CHECKS_AT_A_TIME : 1;
    trials.push(...await runAll(ofPart, { width, elapsedS, budgetS: options.budgetS }));
    await writeReport(path, { ...run, elapsedS: elapsedS() });
  }
  printSummary({ ...run, elapsedS: elapsedS() }, path);
  return trials.some(({ status }) => status === "failed" || status === "timed out") ? 1 : 0;
}

function refuse(message: string): number {
  console.error(message);
  return 2;
}

/** Runs trials, `width` at a time, and prints a line for each. @returns results in the order of the trials */
async function runAll(
  trials: readonly Trial[],
  options: { width: number; budgetS: number; elapsedS: () => number },
): Promise<TrialResult[]> {
  const results: TrialResult[] = [];
  let next = 0;
  const work = async () => {
    while (next < trials.length) {
      const index = next++;
      const leftS = options.budgetS - options.elapsedS();
      const trial = leftS < LEAST_S
        ? { ...trials[index], skip: "no time was left, raise --budget" }
        : trials[index];
      results[index] = await runTrial(trial, Math.min(trial.limitS, Math.round(leftS)));
      console.error(formatProgress(results[index], options.elapsedS()));
    }
  };
  await Promise.all(Array.from({ length: options.width }, work));
  return results;
}

function formatProgress(result: TrialResult, elapsedS: number): string {
  const numbers = HEADLINES.flatMap((path) => {
    const value = valueOf(result, path);
    return typeof value === "number" ? [`${path} ${formatNumber(value)}`] : [];
  });
  const what = result.reason ?? numbers.join(", ");
  const at = `[${elapsedS.toFixed(0).padStart(4)} s]`;
  return `${at} ${trialId(result).padEnd(36)} ${result.status.padEnd(9)} ${
    result.elapsedS.toFixed(1).padStart(6)
  } s  ${what}`;
}

async function writeReport(path: string, run: BenchRun): Promise<void> {
  const report = makeReport(run);
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await Deno.writeTextFile(`${path}.md`, formatReport(report));
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", "--no-config", "--line-width", "110", `${path}.json`, `${path}.md`],
    stderr: "null",
  }).output();
}

function printSummary(run: BenchRun, path: string): void {
  const { bars, comparisons, label } = makeReport(run);
  console.log(`\n${label}\n`);
  for (const { name, least, unit, value, verdict, note } of bars) {
    const measured = value === null ? "" : `${formatNumber(value)}, `;
    console.log(`${verdict.padEnd(8)} ${name}: ${measured}at least ${formatNumber(least)} ${unit} (${note})`);
  }
  for (const { trial, torch, ratio } of comparisons) {
    console.log(`${formatNumber(ratio).padStart(6)} x PyTorch ${torch}: ${trial}`);
  }
  console.log(`\nWritten: ${path}.json and ${path}.md`);
}

if (import.meta.main) {
  try {
    const options = parseBenchOptions(Deno.args);
    if (options.help) console.log(USAGE);
    else if (options.trial !== undefined) Deno.exit(await runMeasurement(options.trial, options));
    else Deno.exit(await benchGpu(options));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
