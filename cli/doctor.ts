// `sheepop doctor`: says what this machine computes with, whether it does so rightly, and what to install if not.

import { EXIT_STATUS, UsageError } from "../lib/common/errors.ts";
import type { GpuExamination } from "../lib/training/examine_gpu.ts";
import { findSystem, formatAdvice, formatGpu, formatSystem } from "./_doctor_report.ts";
import { runEngine, signalStatus } from "./_engine.ts";

import type { Command, CommandCall } from "./command.ts";
import { formatJson, print, printLines } from "./print.ts";
import { ProgressLine } from "./progress.ts";

/** Command `doctor`. */
export const doctorCommand: Command = {
  name: "doctor",
  doc:
    "Shows the WebGPU adapter with its features and limits, trains a tiny model one step on it and compares " +
    "every gradient with the reference on the CPU. Exit status 0 when all is well, 1 when the adapter " +
    "computes wrongly, 2 when there is none.",
  settings: ["resources.kernels", "resources.operands", "resources.tuning"],
  flags: [{ name: "json", doc: "Print JSON" }],
  examples: [
    { line: "sheepop doctor", doc: "look at the machine" },
    { line: "sheepop doctor --kernels tile", doc: "with the kernels meant for another kind of adapter" },
    { line: "sheepop doctor --json > doctor.json", doc: "for a bug report" },
  ],
  run,
};

async function run(call: CommandCall): Promise<number> {
  const { config } = await call.loadConfig();
  const isJson = call.isSet("json");
  const system = findSystem();
  if (!isJson) printLines(formatSystem(system));
  using progress = new ProgressLine();
  progress.update("Trying the GPU: a few seconds the first time");
  try {
    const { result: gpu, signal } = await runEngine<never, GpuExamination>({ name: "doctor", config }, {
      onEvent: () => {},
      onSignal: (name) => Deno.exit(signalStatus(name)),
    });
    if (signal) return signalStatus(signal);
    progress.clear();
    if (isJson) print(formatJson({ ...system, gpu }));
    else printLines(formatGpu(gpu));
    return gpu.selfTest.ok ? EXIT_STATUS.success : EXIT_STATUS.failure;
  } catch (error) {
    if (!(error instanceof UsageError && /^Cannot open a GPU/.test(error.message))) throw error;
    progress.clear();
    if (isJson) print(formatJson({ ...system, gpu: null, advice: formatAdvice(system.os) }));
    else printLines(formatAdvice(system.os));
    throw error;
  }
}
