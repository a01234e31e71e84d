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
  const resumed = await resumedRun(call);
  const resume = resumed ? "continue" : call.isSet("restart") ? "restart" : "never";
  const { config } = await call.loadConfig({ base: resumed?.config });
  const options = { resume, from: resumed?.from, epochs: call.number("epochs") } as const;
  using report = new TrainReport();
  const { result, signal } = await runEngine<TrainEvent, Finished>({ name: "train", config, options }, {
    onEvent: (event) => report.show(event),
    onSignal: (name) => report.note(`${name}: saving a checkpoint, a second signal exits at once`),
  });
  if (!signal || !result.stopped) return;
  const { runDir } = config.training;
  report.note(`Stopped at step ${result.step}; continue with: sheepop train --resume ${runDir}`);
  return signalStatus(signal);
}

/** With --resume the run's own configuration takes the place of the defaults; a step folder says where to go on. */
async function resumedRun(call: CommandCall): Promise<{ config: Config; from?: string } | undefined> {
  if (!call.isSet("resume")) return undefined;
  const given = call.text("resume") || (await call.loadConfig()).config.training.runDir;
  const isStep = /^step-\d{8}/.test(basename(given));
  const runDir = isStep ? dirname(dirname(given)) : given;
  try {
    const { config } = await loadCheckpoint(given, { weightsOnly: true });
    config.training.runDir = runDir;
    return { config, from: isStep ? given : undefined };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      error.message.replace(/^Cannot load (a checkpoint from|the checkpoint)/, "Cannot resume"),
      {
        cause: error,
        exitStatus: error.exitStatus,
      },
    );
  }
}
