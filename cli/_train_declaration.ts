// Flags, arguments and help of `sheepop train`, SheepOp's names for them included.

import type { CommandDeclaration } from "./command.ts";

/** Declaration of the train command. */
export const trainDeclaration: CommandDeclaration = {
  name: "train",
  doc: "Trains a model: reads the files, turns them into tokens, trains, measures, saves checkpoints and " +
    "draws the training curves. What was already read is not read again.",
  settings: ["model", "training", "data", "tokenizer", "checkpoint", "monitor", "generate", "resources"],
  positional: {
    name: "PATH",
    doc: "Files and folders to learn from; the same as --paths",
    max: Infinity,
    key: "data.paths",
  },
  flags: [
    {
      name: "resume",
      value: "RUN",
      isValueOptional: true,
      doc: "Continue a run folder, or one step folder of it; without a value the one of --run-dir",
    },
    {
      name: "restart",
      doc: "Begin again in a run folder that holds a run; its checkpoints and metrics are replaced",
      conflicts: ["resume"],
    },
    {
      name: "epochs",
      value: "N",
      kind: "number",
      min: 0,
      doc: "Train for this many passes over the training split instead of a number of steps",
      conflicts: ["max-steps"],
    },
  ],
  aliases: { data: "paths", output: "run-dir" },
  examples: [
    { line: "sheepop train data/samples", doc: "learn from every file of a folder" },
    { line: "sheepop train --config data/configs/sample.yaml", doc: "with the settings of a file" },
    { line: "sheepop train --resume", doc: "continue the run in the default run folder" },
    {
      line: "sheepop train books --run-dir data/runs/books --d-model 128 --epochs 3",
      doc: "a smaller model",
    },
  ],
};
