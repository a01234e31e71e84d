// The table of commands, in the order of `sheepop --help`. A command is loaded only when it is called.

import type { CommandEntry } from "./command.ts";

/** All commands. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "ingest",
    summary: "Read files into a text dataset",
    load: async () => (await import("./ingest.ts")).ingestCommand,
  },
  {
    name: "tokenize",
    summary: "Turn the text dataset into token files",
    load: async () => (await import("./tokenize.ts")).tokenizeCommand,
  },
  {
    name: "train",
    summary: "Train a model on files and folders",
    load: async () => (await import("./train.ts")).trainCommand,
  },
  {
    name: "generate",
    summary: "Write text with a trained model",
    load: async () => (await import("./generate.ts")).generateCommand,
  },
  {
    name: "evaluate",
    summary: "Measure how well a model predicts a text",
    load: async () => (await import("./evaluate.ts")).evaluateCommand,
  },
  {
    name: "plot",
    summary: "Draw the training curves of a run",
    load: async () => (await import("./plot.ts")).plotCommand,
  },
  {
    name: "doctor",
    summary: "Say what this machine computes with and check that it does so rightly",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    name: "profile",
    summary: "Measure where the time of a step and of a token goes",
    load: async () => (await import("./profile.ts")).profileCommand,
  },
  {
    name: "tune",
    summary: "Measure which kernels are the fastest for a model here",
    load: async () => (await import("./tune.ts")).tuneCommand,
  },
  {
    name: "config",
    summary: "Show, describe or write the configuration",
    load: async () => (await import("./config.ts")).configCommand,
  },
];
