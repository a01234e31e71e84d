// A few small files, and a configuration that trains a tiny model on them in a fraction of a second.

import { join } from "@std/path";
import { type Config, defaultConfig } from "../../lib/config/config.ts";

const SUBJECTS = ["The sheep", "A lamb", "The old dog", "The shepherd", "A crow", "The gate"];
const VERBS = ["sees", "follows", "leaves", "wakes", "hears"];

/** Texts by file name: sentences, Markdown and code, 3 kB in all. */
export const TINY_FILES: Readonly<Record<string, string>> = {
  "texts/hill.txt": sentences(0, 30),
  "texts/valley.txt": sentences(7, 30),
  "texts/notes.md": `# Notes\n\n${sentences(3, 12)}\n- wool\n- wind\n`,
  "texts/count.py":
    "def count(sheep):\n    total = 0\n    for one in sheep:\n        total += 1\n    return total\n",
};

function sentences(first: number, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const at = first + i;
    return `${SUBJECTS[at % 6]} ${VERBS[(at * 3) % 5]} ${SUBJECTS[(at * 5 + 1) % 6].toLowerCase()}.`;
  }).join("\n");
}

type Changes = { readonly [Group in keyof Config]?: Partial<Config[Group]> };

/** One block of width 16 over 16 positions, 6 updates of 2 sequences, on the reference, without plots and sample. */
export function tinyRunConfig(folder: string, changes: Changes = {}): Config {
  const config = defaultConfig();
  Object.assign(config.model, { dModel: 16, numLayers: 1, numHeads: 2, maxSeqLen: 16 });
  Object.assign(config.data, { paths: [join(folder, "texts")], outputDir: join(folder, "cache") });
  Object.assign(config.training, {
    runDir: join(folder, "run"),
    batchSize: 2,
    maxSteps: 6,
    warmupSteps: 2,
    evalInterval: 3,
    evalBatches: 2,
    sampleTokens: 0,
  });
  Object.assign(config.checkpoint, { saveInterval: 2 });
  Object.assign(config.monitor, { logInterval: 1, plots: false, png: false });
  config.resources.device = "reference";
  for (const [group, values] of Object.entries(changes)) Object.assign(config[group as keyof Config], values);
  return config;
}

const TINY_FLAGS: Readonly<Record<string, string | number | boolean>> = {
  "d-model": 16,
  "num-layers": 1,
  "num-heads": 2,
  "max-seq-len": 16,
  "batch-size": 2,
  "max-steps": 6,
  "warmup-steps": 2,
  "eval-interval": 3,
  "eval-batches": 2,
  "sample-tokens": 0,
  "save-interval": 2,
  "log-interval": 1,
  "plots": false,
  "png": false,
  "run-dir": "run",
  "output-dir": "cache",
};

/** The same as flags of `sheepop train`, into `run` and `cache` of the working directory; the device is left open. */
export function tinyFlags(changes: Readonly<Record<string, string | number | boolean>> = {}): string[] {
  return Object.entries({ ...TINY_FLAGS, ...changes }).flatMap(([name, value]) => {
    if (typeof value === "boolean") return [value ? `--${name}` : `--no-${name}`];
    return [`--${name}`, String(value)];
  });
}
