// The command line of the GPU bench. No package reads it: the bench has to start where there is nothing but Deno.

import { type Part, PARTS } from "./trial.ts";

export interface BenchOptions {
  /** Sizes for a software adapter; no figure of such a run is a GPU's. */
  readonly small: boolean;
  readonly only: readonly Part[];
  /** Folder of the results; docs/benchmarks of this checkout where left out. */
  readonly out?: string;
  /** Time for the whole run, seconds. What does not fit is recorded as not run. */
  readonly budgetS: number;
  /** The Python that has PyTorch; found by itself where left out. */
  readonly python?: string;
  /** Measure this one trial in this process: how the bench calls itself. */
  readonly trial?: string;
  /** Adapter the run began on: the trial refuses another one. */
  readonly adapter?: string;
  readonly help: boolean;
}

export const USAGE = `Measures this GPU: what it offers, whether it computes rightly, and how fast.

Usage: deno run -A tests/bench/gpu/bench_gpu.ts [options]

  --small            sizes for a software adapter; refused as a GPU's figures
  --only PARTS       of ${PARTS.join(", ")}; with commas
  --out FOLDER       where the results go (docs/benchmarks)
  --budget SECONDS   time for the whole run (540)
  --python PROGRAM   the Python that has PyTorch (python3, or that of the system)
  --help
`;

const DEFAULT_BUDGET_S = 540;

/**
 * Reads the command line.
 *
 * @throws {TypeError} naming the argument that is wrong
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--([a-z]+)(?:=(.*))?$/.exec(args[i]) ?? [];
    if (name === "small" || name === "help") flags.add(name);
    else if (VALUE_FLAGS.includes(name)) {
      values.set(name, inline ?? args[++i] ?? fail(`--${name} has no value`));
    } else fail(`${args[i]} is not an option, see --help`);
  }
  return {
    small: flags.has("small"),
    help: flags.has("help"),
    only: parseParts(values.get("only")),
    out: values.get("out"),
    budgetS: parseSeconds(values.get("budget")),
    python: values.get("python"),
    trial: values.get("trial"),
    adapter: values.get("adapter"),
  };
}

const VALUE_FLAGS: readonly string[] = ["only", "out", "budget", "python", "trial", "adapter"];

function parseParts(text: string | undefined): readonly Part[] {
  if (text === undefined) return PARTS;
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined) fail(`"${unknown}" is no part, use ${PARTS.join(", ")}`);
  return PARTS.filter((part) => names.includes(part));
}

function parseSeconds(text: string | undefined): number {
  if (text === undefined) return DEFAULT_BUDGET_S;
  const seconds = Number(text);
  if (!(seconds > 0)) fail(`--budget must be seconds above 0, and is ${text}`);
  return seconds;
}

function fail(reason: string): never {
  throw new TypeError(`Cannot start the bench: ${reason}`);
}
