// `deno task bench:growth`: how the time of a training step and of a decoded token grows with layers, width, context, batch
// and vocabulary, beside what the cost model predicts. Writes docs/performance/growth.json and a picture for each axis, and
// the tables of docs/performance.md. Options: --only layers,width (these parts anew, the others from the last report; parts
// are machine, kernels and the axes), --budget 1200 (ms for each step and token), --draw (nothing anew), --clock processor
// (on a busy machine with a software adapter).

import { parseArgs } from "@std/cli/parse-args";
import type { SpecSize } from "../support/gpt_spec.ts";
import { specConfig } from "../support/gpt_spec.ts";
import { foldRows } from "../../lib/profile/profile_rows.ts";
import { profileModel } from "../../lib/profile/profile.ts";
import { GROWTH_AXES, type GrowthAxis, sizeAt } from "./growth_axes.ts";
import { drawGrowth } from "./growth_chart.ts";
import { bestMachine, type Clock, measureMachine, measureSize } from "./growth_measure.ts";
import type { AxisReport, GrowthReport, KernelShare } from "./growth_report.ts";
import { fillSections, formulaSections, measuredSections } from "./growth_tables.ts";

const FOLDER = new URL("../../docs/performance/", import.meta.url);
const DOCUMENT = new URL("../../docs/performance.md", import.meta.url);
const REPORT = new URL("growth.json", FOLDER);
const PARTS: string[] = ["machine", "kernels", ...GROWTH_AXES.map(({ name }) => name)];
/** What the share of each kernel is measured with. */
const KERNEL_SIZE: SpecSize = { L: 4, H: 4, C: 256, T: 256, B: 8, V: 256 };

const flags = parseArgs(Deno.args, {
  boolean: ["draw"],
  string: ["only", "budget", "clock"],
  default: { budget: "1200", clock: "wall", only: PARTS.join(",") },
});

const report = flags.draw ? await lastReport() : await measure(String(flags.only).split(","), {
  budgetMs: Number(flags.budget),
  clock: clockOf(String(flags.clock)),
});
await write(report);

function clockOf(name: string): Clock {
  if (name === "wall" || name === "processor") return name;
  throw new RangeError(`Cannot measure by ${name}: the clock must be wall or processor`);
}

interface MeasureOptions {
  readonly budgetMs: number;
  readonly clock: Clock;
}

async function measure(parts: string[], options: MeasureOptions): Promise<GrowthReport> {
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown) throw new RangeError(`Cannot measure ${unknown}: it must be one of ${PARTS.join(", ")}`);
  const startedAt = performance.now();
  const last = parts.length < PARTS.length ? await lastReport() : undefined;
  const before = Deno.loadavg()[0];
  let machine = parts.includes("machine") || !last ? await measureMachine(options.clock) : last.machine;
  const axes: Record<string, AxisReport> = { ...last?.axes };
  for (const axis of GROWTH_AXES) {
    if (parts.includes(axis.name)) axes[axis.name] = await measureAxis(axis, options);
  }
  const kernels = parts.includes("kernels") || !last ? await measureKernels() : last.kernels;
  // A machine that was busy with other things at one time shows what it can at the other.
  if (parts.includes("machine")) machine = bestMachine(machine, await measureMachine(options.clock));
  console.log(`Measured in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return { machine, load: [before, Deno.loadavg()[0]], axes, kernels };
}

async function measureAxis(axis: GrowthAxis, options: MeasureOptions): Promise<AxisReport> {
  const { withToken } = axis;
  const at = async (value: number) => {
    const point = await measureSize(sizeAt(axis, value), { ...options, withToken });
    const token = point.tokenMs === undefined ? "" : `, token ${point.tokenMs.toFixed(2)} ms`;
    console.log(`${axis.letter} ${value}: step ${point.stepMs.toFixed(1)} ms${token}`);
    return point;
  };
  const points = [];
  for (const value of axis.values) points.push(await at(value));
  return { points, ...(axis.odd ? { odd: await at(axis.odd) } : {}) };
}

async function measureKernels(): Promise<GrowthReport["kernels"]> {
  const config = specConfig(KERNEL_SIZE);
  Object.assign(config.model, { vocabSize: KERNEL_SIZE.V });
  const { step, token } = await profileModel(config, { rounds: 3, steps: 2 });
  const sharesOf = (part: typeof step): KernelShare[] =>
    foldRows(part!.rows, ["kernel"]).map(({ kernel, dispatches, ms, flops, bytes }) => {
      return { kernel, dispatches, ms, flops, bytes };
    });
  return { size: KERNEL_SIZE, step: sharesOf(step), token: sharesOf(token) };
}

async function lastReport(): Promise<GrowthReport> {
  return JSON.parse(await Deno.readTextFile(REPORT));
}

async function write(report: GrowthReport): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(REPORT, JSON.stringify(report, null, 2) + "\n");
  for (const axis of GROWTH_AXES) {
    const svg = drawGrowth(axis, report.axes[axis.name], report.machine);
    await Deno.writeTextFile(new URL(`growth_${axis.name}.svg`, FOLDER), svg);
  }
  const text = await Deno.readTextFile(DOCUMENT);
  const sections = { ...formulaSections(), ...measuredSections(report) };
  await Deno.writeTextFile(DOCUMENT, fillSections(text, sections));
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", DOCUMENT.pathname] })
    .output();
  if (!success) {
    console.warn(`Cannot format ${DOCUMENT.pathname}: deno fmt failed, its tables are not aligned`);
  }
  console.log(
    `Written: ${DOCUMENT.pathname}, ${REPORT.pathname} and ${GROWTH_AXES.length} pictures beside it`,
  );
}
