// A report as Markdown: bars first, then what they come from, then what did not end well.

import type { BenchReport } from "./bench_report.ts";
import { trialId } from "./trial.ts";

type ReportTrial = BenchReport["trials"][number];
type Row = readonly (string | number | undefined)[];

/** @returns a page; `deno fmt` aligns its tables */
export function formatReport(report: BenchReport): string {
  const { device, machine, label, bars, comparisons } = report;
  const sections = [
    `# ${device.name}\n\n**${label}**`,
    table(["", ""], [
      ...Object.entries(machine).map(([name, value]): Row => [name.replaceAll("_", " "), String(value)]),
      ["sizes", report.sizes],
      ["parts", report.parts.join(", ")],
      ["started", report.started_at],
      ["took", `${report.elapsed_s} s`],
    ]),
    section(
      "Bars",
      table(
        ["Bar", "At least", "Measured", "Verdict", "Note"],
        bars.map(({ name, least, unit, value, verdict, note }) => [
          name,
          `${formatNumber(least)} ${unit}`,
          value ?? "",
          verdict,
          note,
        ]),
      ),
    ),
    section(
      "Beside PyTorch",
      table(
        ["Trial", "PyTorch", "Ours, tokens/s", "PyTorch, tokens/s", "Ratio"],
        comparisons.map(({ trial, torch, ours, theirs, ratio }) => [trial, torch, ours, theirs, ratio]),
      ),
    ),
    section("Products", productTable(report)),
    section("Training", trainingTable(report)),
    section(
      report.sizes === "small" ? "Kernels of a step, small size" : "Kernels of a GPT-2 124M step",
      kernelTable(report),
    ),
    section("Decoding", decodingTable(report)),
    section("Checks", checkTable(report)),
    section("Probes", probeTable(report)),
    section("Failed, timed out, skipped", failureTable(report)),
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

/** Three significant digits, thousands separated. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}

function section(title: string, body: string): string {
  return body === "" ? "" : `## ${title}\n\n${body}`;
}

/** Empty where there are no rows. */
function table(head: readonly string[], rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const line = (cells: Row) => `| ${cells.map(formatCell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function formatCell(cell: string | number | undefined): string {
  const text = typeof cell === "number" ? formatNumber(cell) : cell ?? "";
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function trialsOf({ trials }: BenchReport, part: string): ReportTrial[] {
  return trials.filter((trial) => trial.part === part);
}

/** A small size must not carry the name of the full one alone. */
function nameOf({ name }: ReportTrial, { sizes }: BenchReport): string {
  return sizes === "small" ? `${name}, small size` : name;
}

function numberIn({ figures }: ReportTrial, name: string): number | undefined {
  const value = figures[name];
  return typeof value === "number" ? value : undefined;
}

function ceiling(report: BenchReport, name: string): number | undefined {
  const trial = report.trials.find((trial) => trialId(trial) === "matmul/ceilings");
  return trial && numberIn(trial, name);
}

function percent(value: number | undefined, whole: number | undefined): string {
  return value === undefined || !whole ? "" : `${(100 * value / whole).toFixed(0)} %`;
}

function productTable(report: BenchReport): string {
  const [gflops, copy] = [ceiling(report, "f32_gflops"), ceiling(report, "copy_gb_per_second")];
  const ceilings: Row[] = gflops === undefined ? [] : [
    ["multiply-adds in registers, f32", "", "", "", gflops, "100 %", "", ""],
    ["multiply-adds in registers, f16", "", "", "", ceiling(report, "f16_gflops"), "", "", ""],
    ["copy", "", "", "", "", "", copy, "100 %"],
  ];
  const rows = trialsOf(report, "matmul").filter(({ figures }) => figures.m_n_k !== undefined).map(
    (trial): Row => {
      const { figures } = trial;
      const [rate, bytes] = [numberIn(trial, "gflops"), numberIn(trial, "gb_per_second")];
      const size = `${figures.mode} ${(figures.m_n_k as number[]).join(" x ")}`;
      const kernels = (figures.kernels as string[]).join(", ");
      return [
        nameOf(trial, report),
        size,
        kernels,
        numberIn(trial, "best_ms"),
        rate,
        percent(rate, gflops),
        bytes,
        percent(bytes, copy),
      ];
    },
  );
  const head = ["Product", "M x N x K", "Kernels", "ms", "GFLOP/s", "of the rate", "GB/s", "of a copy"];
  return table(head, [...ceilings, ...rows]);
}

function trainingTable(report: BenchReport): string {
  const whole = ceiling(report, "f32_gflops");
  const rows = trialsOf(report, "train").filter(({ figures }) => figures.ms_per_step !== undefined).map(
    (trial): Row => {
      const rate = numberIn(trial, "gflops");
      const refused = (trial.figures.refused ?? []) as { batch_size: number; reason: string }[];
      return [
        nameOf(trial, report),
        formatSize(trial),
        numberIn(trial, "ms_per_step"),
        numberIn(trial, "tokens_per_second"),
        rate,
        percent(rate, whole),
        numberIn(trial, "memory_mib"),
        numberIn(trial, "first_step_ms"),
        refused.map(({ batch_size, reason }) => `B ${batch_size} refused: ${reason}`).join("; "),
      ];
    },
  );
  const head = [
    "Model",
    "Shape",
    "ms a step",
    "tokens/s",
    "GFLOP/s",
    "of the rate",
    "MiB",
    "first step, ms",
    "Note",
  ];
  return table(head, rows);
}

function formatSize({ figures }: ReportTrial): string {
  return Object.entries((figures.size ?? {}) as Record<string, number>).map(([name, value]) =>
    `${name} ${value}`
  )
    .join(" ");
}

function kernelTable(report: BenchReport): string {
  const trial = report.trials.find((trial) => trialId(trial) === "train/gpt2_124m");
  const kernels = (trial?.figures.kernels ?? []) as {
    kernel: string;
    dispatches: number;
    ms: number;
    gflops: number;
  }[];
  return table(
    ["Kernel", "Dispatches", "ms", "GFLOP/s"],
    kernels.map(({ kernel, dispatches, ms, gflops }) => [kernel, dispatches, ms, gflops || ""]),
  );
}

function decodingTable(report: BenchReport): string {
  const copy = ceiling(report, "copy_gb_per_second");
  const rows = trialsOf(report, "decode").filter(({ status }) => status === "ok").map((trial): Row => {
    const bytes = numberIn(trial, "gb_per_second");
    return [
      nameOf(trial, report),
      formatSize(trial),
      numberIn(trial, "tokens_per_second"),
      bytes,
      percent(bytes, copy),
      numberIn(trial, "prompt_and_first_token_ms"),
      numberIn(trial, "memory_mib"),
    ];
  });
  return table(["Model", "Shape", "tokens/s", "GB/s", "of a copy", "first token, ms", "MiB"], rows);
}

function checkTable(report: BenchReport): string {
  const rows = trialsOf(report, "check").map((trial): Row => {
    const { name, status, figures } = trial;
    if (name !== "self_test") return [name, status, numberIn(trial, "passed"), numberIn(trial, "failed"), ""];
    const worst = `worst difference ${figures.worst_relative_difference}, ${figures.kernels} kernels`;
    return [name, status, numberIn(trial, "passes"), "", worst];
  });
  return table(["Check", "Result", "Passed", "Failed", "Note"], rows);
}

/** Longest answer in the table; longer ones are listed below it. */
const CELL_LENGTH = 60;

function probeTable(report: BenchReport): string {
  const answers = trialsOf(report, "probe").flatMap(({ name, figures }) => {
    return Object.entries(figures).filter(([figure]) => figure !== "traits").flatMap(([figure, value]) => {
      return rowsOf(name, figure.replaceAll("_", " "), value);
    });
  });
  const isShort = ([, , value]: Row) => String(value).length <= CELL_LENGTH;
  const long = answers.filter((row) => !isShort(row)).map(([name, what, value]) =>
    `- ${name}, ${what}: ${value}`
  );
  return [table(["Probe", "What", "Answer"], answers.filter(isShort)), long.join("\n")]
    .filter((text) => text !== "").join("\n\n");
}

/** A row for a value, or one for each member of an object. */
function rowsOf(probe: string, what: string, value: unknown): Row[] {
  if (typeof value === "number") return [[probe, what, value]];
  if (Array.isArray(value)) return [[probe, what, value.join(", ") || "none"]];
  if (typeof value !== "object" || value === null) return [[probe, what, String(value)]];
  const members = Object.entries(value);
  if (members.length === 0) return [[probe, what, "none"]];
  return members.flatMap(([name, member]) => rowsOf(probe, `${what}: ${name.replaceAll("_", " ")}`, member));
}

function failureTable({ trials }: BenchReport): string {
  const rows = trials.filter(({ status }) => status !== "ok").map((trial): Row => {
    return [trialId(trial), trial.status, trial.reason];
  });
  return table(["Trial", "Result", "Why"], rows);
}
