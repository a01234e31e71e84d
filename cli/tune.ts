// `sheepop tune`: measures which variants of kernels are the fastest for a model on this adapter, and remembers it.

import { dirname } from "node:path";
import { UsageError } from "../lib/common/errors.ts";
import type { TuneEvent, TuneOutcome } from "../lib/tuning/tune.ts";
import {
  listTunings,
  readTuning,
  type TunedSubject,
  type TuningFile,
  tuningFolder,
} from "../lib/tuning/tuning_file.ts";
import { runEngine, signalStatus } from "./_engine.ts";
import { formatSubject, formatSummary, formatTuningFile } from "./_tune_report.ts";
import type { Command, CommandCall } from "./command.ts";
import { printLines } from "./print.ts";
import { ProgressLine } from "./progress.ts";

/** Command `tune`. */
export const tuneCommand: Command = {
  name: "tune",
  doc:
    "Times the variants of every matrix product that training and generating with the configured model make on " +
    "this adapter, and remembers the fastest. train and generate use what is remembered for the adapter and " +
    "these kernels, unless --tuning off is set. Variants differ in speed and in rounding, in nothing else. The data is read " +
    "as train does, for the size of the vocabulary, unless --vocab-size gives it.",
  settings: ["model", "training.batch_size", "data", "tokenizer", "resources"],
  flags: [
    { name: "show", doc: "List what is remembered, and measure nothing", conflicts: ["clear"] },
    { name: "clear", doc: "Forget what is remembered, for every adapter" },
  ],
  examples: [
    { line: "sheepop tune --config big.yaml", doc: "measure the model of a configuration" },
    { line: "sheepop tune --vocab-size 50257", doc: "without reading the data" },
    { line: "sheepop tune --show", doc: "list every time that is remembered" },
  ],
  run,
};

async function run(call: CommandCall): Promise<number | void> {
  const { config } = await call.loadConfig();
  const { tuning } = config.resources;
  if (call.isSet("show")) return show(await remembered(tuning));
  if (call.isSet("clear")) return await clear(await remembered(tuning));
  if (tuning === "off") {
    throw new UsageError("Cannot tune with resources.tuning = off: set it to auto or to the path of a file");
  }
  using progress = new ProgressLine();
  progress.update("Looking at the products of the model");
  const results: TunedSubject[] = [];
  let subjects = 0;
  const onEvent = (event: TuneEvent) => {
    progress.clear();
    if (event.kind === "opened") {
      subjects = event.subjects;
      printLines([`${subjects} products on ${event.device}`]);
    } else {
      results.push(event.result);
      printLines(["", ...formatSubject(event.subject, event.result, { all: false })]);
    }
    if (results.length < subjects) progress.update(`Measured ${results.length} of ${subjects} products`);
  };
  const { result, signal } = await runEngine<TuneEvent, TuneOutcome>({ name: "tune", config }, {
    onEvent,
    onSignal: () => {},
  });
  progress.clear();
  printLines(["", formatSummary(results), `Remembered in ${result.path}`]);
  if (signal) return signalStatus(signal);
}

/** The files a setting may stand for. */
async function remembered(setting: string): Promise<TuningFile[]> {
  if (setting === "auto" || setting === "off") return await listTunings();
  const file = await readTuning(setting);
  return file ? [file] : [];
}

function show(files: readonly TuningFile[]): void {
  if (files.length === 0) return printLines(["Nothing is remembered: sheepop tune measures"]);
  files.forEach((file, i) => printLines([...(i > 0 ? [""] : []), ...formatTuningFile(file)]));
}

async function clear(files: readonly TuningFile[]): Promise<void> {
  for (const { path, tuning } of files) {
    // A path that was given may be that of anything.
    if (!tuning && dirname(path) !== tuningFolder()) {
      throw new UsageError(
        `Cannot clear ${path}: it holds no measurements, remove it yourself if it is not needed`,
      );
    }
    await Deno.remove(path);
  }
  printLines(files.length > 0 ? files.map(({ path }) => `Removed ${path}`) : ["Nothing was remembered"]);
}
