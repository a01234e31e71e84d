// The tables of docs/performance.md that are generated: formulas from the cost model, figures from a report. They stand
// between markers, so that measuring again replaces them and nothing else.

import {
  type CostRow,
  KEPT_COSTS,
  keptBytes,
  PARAMETERS,
  sizesOf,
  STEP_COSTS,
  TOKEN_COSTS,
} from "./growth_costs.ts";
import {
  endExponent,
  GROWTH_AXES,
  type GrowthAxis,
  type Prediction,
  predictStep,
  predictToken,
} from "./growth_axes.ts";
import { power } from "./growth_chart.ts";
import type { Machine, Measured } from "./growth_measure.ts";
import type { GrowthReport, KernelShare } from "./growth_report.ts";

/**
 * Replaces what stands between `<!-- growth:NAME -->` and `<!-- /growth:NAME -->`.
 *
 * @throws {Error} when the text has no such markers, or others
 */
export function fillSections(text: string, sections: Readonly<Record<string, string>>): string {
  const found = Array.from(text.matchAll(/<!-- growth:(\w+) -->/g), ([, name]) => name);
  if (found.toSorted().join() !== Object.keys(sections).sort().join()) {
    throw new Error(`Cannot fill ${Object.keys(sections)}: the document has the markers ${found}`);
  }
  return Object.entries(sections).reduce((filled, [name, content]) => {
    const [start, end] = [`<!-- growth:${name} -->`, `<!-- /growth:${name} -->`];
    const [before, rest] = filled.split(start);
    if (!rest?.includes(end)) throw new Error(`Cannot fill ${name}: ${end} is missing`);
    return `${before}${start}\n\n${content}\n\n${end}${rest.split(end)[1]}`;
  }, text);
}

/** What follows from the cost model alone. */
export function formulaSections(): Record<string, string> {
  return {
    step_formulas: formulaTable(STEP_COSTS),
    token_formulas: formulaTable(TOKEN_COSTS),
    parameters: table(["", "Floats"], [["parameters", code(PARAMETERS)]]),
    kept: table(
      ["Attention, kernels", "Floats"],
      KEPT_COSTS.map((row) => [variantOf(row).slice(2, -1), code(row.floats)]),
    ),
  };
}

/** What was measured. */
export function measuredSections(report: GrowthReport): Record<string, string> {
  return {
    machine: machineTable(report),
    step_kernels: kernelTable(report.kernels.step, report.machine),
    token_kernels: kernelTable(report.kernels.token, report.machine),
    growth: GROWTH_AXES.map((axis) => growthSection(axis, report)).join("\n\n"),
    memory: memoryTable(report),
  };
}

function formulaTable(rows: readonly CostRow[]): string {
  return table(
    ["Operation", "Operations (FLOPs)", "Floats moved", "Stopped by"],
    rows.map(({ operation, flops, floats, isProduct, ...row }) => [
      operation + variantOf(row),
      code(flops),
      code(floats),
      isProduct ? "products" : "memory",
    ]),
  );
}

/** ` (flash, wave kernels)`, or nothing where all pay it. */
function variantOf({ family, attention }: Pick<CostRow, "family" | "attention">): string {
  const words = [attention === "stored" ? "stored scores" : attention, family && FAMILIES[family]];
  const text = words.filter((word) => word).join(", ");
  return text && ` (${text})`;
}

const FAMILIES = { wave: "wave kernels", others: "tile and plain kernels" };

function machineTable({ machine, load }: GrowthReport): string {
  const busy = Math.max(...load) > QUIET_LOAD ? ", busy: times are longer than they could be" : "";
  return table(["", "Measured"], [
    ["adapter", `${machine.adapter}, ${machine.kernels} kernels`],
    ["multiply-adds in registers", `${figure(machine.gflops)} GFLOP/s`],
    ["one product, 1024 x 768 x 512", `${figure(machine.productGflops)} GFLOP/s`],
    ["copy, read and written", `${figure(machine.gbPerSecond)} GB/s`],
    ["an empty dispatch", `${figure(1000 * machine.dispatchMs)} µs`],
    ["waiting for nothing", `${figure(machine.waitMs)} ms`],
    [
      "times are",
      machine.clock === "wall" ? "by the clock" : "of the processor, all threads, by the number of cores",
    ],
    ["load before, after", `${load.map((value) => value.toFixed(1)).join(", ")}${busy}`],
  ]);
}

/** Above this, other work spoils times. */
const QUIET_LOAD = 1.5;

function kernelTable(rows: readonly KernelShare[], machine: Machine): string {
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  const cells = rows.filter(({ ms }) => ms / total >= 0.005).map(
    ({ kernel, dispatches, ms, flops, bytes }) => {
      const [gflops, gbPerSecond] = [flops / ms / 1e6, bytes / ms / 1e6];
      return [
        code(kernel),
        String(dispatches),
        figure(ms),
        percent(ms / total),
        figure(gflops),
        percent(gflops / machine.gflops),
        figure(gbPerSecond),
        percent(gbPerSecond / machine.gbPerSecond),
      ];
    },
  );
  const head = ["Kernel", "Calls", "ms", "Share", "GFLOP/s", "of multiply-add", "GB/s", "of copy"];
  return table(head, cells);
}

/** What to see in the picture of an axis; the numbers are beside it. */
const REMARKS: Readonly<Record<GrowthAxis["letter"], string>> = {
  L: "A layer costs what a layer costs: the exponent goes to 1 as embedding, head and the wait stop mattering.",
  C: "Products grow with C², everything else with C: the exponent of a step goes from 1 to 2 with the width. A token " +
    "reads weights, which grow with C² too.",
  T: "Rows grow with T, and attention with T²: the exponent of a step goes from 1 to 2 where attention is most of " +
    "it, at contexts of several times the width. A token reads its own prefix, which is little beside the weights " +
    "until S is several times the width.",
  B: "Everything but the update grows with B: an exponent below 1 is the update shared by more rows. Above a few " +
    "sequences a larger batch is not faster a row.",
  V: "The head, its gradients and the update of the token table grow with V, the rest does not notice: flat, then an " +
    "exponent of 1.",
};

function growthSection(axis: GrowthAxis, report: GrowthReport): string {
  const name = axis.name[0].toUpperCase() + axis.name.slice(1);
  const odd = report.axes[axis.name].odd && oddRemark(axis, report);
  return [
    `### ${name}`,
    REMARKS[axis.letter] + (odd ?? ""),
    `![Milliseconds of a step and of a token over ${axis.name}](performance/growth_${axis.name}.svg)`,
    growthTable(axis, report),
  ].join("\n\n");
}

function oddRemark(axis: GrowthAxis, report: GrowthReport): string {
  const { points, odd } = report.axes[axis.name];
  const [value, round] = [odd!, points.at(-1)!].map(({ size }) => size[axis.letter].toLocaleString("en"));
  const times = odd!.stepMs / points.at(-1)!.stepMs;
  return ` A vocabulary of ${value}, no multiple of 4, takes ${
    figure(times)
  } times as long a step as ${round}.`;
}

function growthTable(axis: GrowthAxis, report: GrowthReport): string {
  const { points, odd } = report.axes[axis.name];
  const { letter, withToken } = axis;
  const row = (point: Measured) => [
    point.size[letter].toLocaleString("en"),
    ...pair(point.stepMs, predictStep(report.machine, point)),
    ...(withToken ? pair(point.tokenMs!, predictToken(report.machine, point)) : []),
  ];
  const x = points.map(({ size }) => size[letter]);
  const exponents = (measured: number[], predicted: Prediction[]) => [
    power(letter, endExponent(x, measured)),
    power(letter, endExponent(x, predicted.map(({ ms }) => ms))),
    "",
  ];
  const step = exponents(
    points.map(({ stepMs }) => stepMs),
    points.map((p) => predictStep(report.machine, p)),
  );
  const token = withToken
    ? exponents(points.map(({ tokenMs }) => tokenMs!), points.map((p) => predictToken(report.machine, p)))
    : [];
  const head = [letter, "Step, ms", "predicted", "ratio"];
  if (withToken) head.push("Token, ms", "predicted", "ratio");
  return table(head, [...points.map(row), ...(odd ? [row(odd)] : []), ["grows as", ...step, ...token]]);
}

function pair(ms: number, prediction: Prediction): string[] {
  return [figure(ms), figure(prediction.ms), (ms / prediction.ms).toFixed(2)];
}

/** Of the largest point of each axis. */
function memoryTable({ axes, machine }: GrowthReport): string {
  const rows = GROWTH_AXES.map(({ name }) => {
    const { size, memoryBytes, attention } = axes[name].points.at(-1)!;
    const sizes = sizesOf(size);
    const kept = keptBytes(sizes, { family: machine.kernels, attention });
    const parts = [16 * sizes.params, kept, memoryBytes - 16 * sizes.params - kept, memoryBytes];
    const { L, C, T, B, V } = size;
    return [...[L, C, T, B, V].map(String), ...parts.map((bytes) => (bytes / 2 ** 20).toFixed(1))];
  });
  const head = ["L", "C", "T", "B", "V", "Parameters x 4, MiB", "Kept, MiB", "Other, MiB", "All, MiB"];
  return table(head, rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Three digits that count. */
function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value === 0 ? "0" : value.toPrecision(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
