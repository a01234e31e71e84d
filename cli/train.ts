// `sheepop train`: from files to a trained model, told as it happens.

import { basename, dirname } from "@std/path";
import { loadCheckpoint } from "../lib/checkpoint/checkpoint.ts";
import { UsageError } from "../lib/common/errors.ts";
import type { Config } from "../lib/config/config.ts";
import type { TrainEvent } from "../lib/training/train_events.ts";
import { runEngine, signalStatus } from "./_engine.ts";
import { trainDeclaration } from "./_train_declaration.ts";
import { TrainReport } from "./_train_report.ts";
import type { Command, CommandCall } from "./command.ts";

/** Command `train`. */
export const trainCommand: Command = { ...trainDeclaration, run };

interface Finished {
  readonly step: number;
  readonly stopped: boolean;
}

async function run(call: CommandCall): Promise<number | void> {
  const resume = call.isSet("resume") ? "continue" : call.isSet("restart") ? "restart" : "never";
  const { config } = await call.loadConfig(await resumedRun(call));
  using report = new TrainReport();
  const { result, signal } = await runEngine<TrainEvent, Finished>(
    { name: "train", config, options: { resume, epochs: call.number("epochs") } },
    {
      onEvent: (event) => report.show(event),
      onSignal: (name) => report.note(`${name}: saving a checkpoint, a second signal exits at once`),
    },
  );
  if (!signal || !result.stopped) return;
  report.note(
    `Stopped at step ${result.step}; continue with: sheepop train --resume ${config.training.runDir}`,
  );
  return signalStatus(signal);
}

/** With --resume the run's own configuration takes the place of the defaults. */
async function resumedRun(call: CommandCall): Promise<{ base?: Config }> {
  if (!call.isSet("resume")) return {};
  const given = call.text("resume") || (await call.loadConfig()).config.training.runDir;
  const runDir = /^step-\d{8}/.test(basename(given)) ? dirname(dirname(given)) : given;
  try {
    const { config } = await loadCheckpoint(given, { weightsOnly: true });
    return { base: { ...config, training: { ...config.training, runDir } } };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`Cannot resume: ${error.message}`, { cause: error, exitStatus: error.exitStatus });
  }
}
