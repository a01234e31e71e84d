// Flags of `deno task bench`: what they mean, and refusal of what does not fit.

import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../../lib/common/errors.ts";
import type { SpecSize } from "../support/gpt_spec.ts";

/** Comparisons that `--only` chooses from. */
export const COMPARISONS = [
  "training",
  "training-large",
  "training-tfjs",
  "matmul",
  "decoding",
  "decoding-gpt2",
  "first-step",
  "nanogpt",
  "shapes",
] as const;

export type ComparisonName = (typeof COMPARISONS)[number];

export interface BenchFlags {
  readonly help: boolean;
  /** Compares with peers. */
  readonly peers: boolean;
  readonly only: readonly ComparisonName[];
  readonly rounds: number;
  readonly threads: number;
  /** The text of a whole run of nanoGPT's configuration; undefined to estimate it. */
  readonly nanogptText: string | undefined;
  readonly cold: boolean;
  readonly size: SpecSize;
  readonly steps: number;
  readonly tokens: number;
}

export const HELP = `deno task bench: how fast training and decoding are on this adapter

Ours alone, written to dist/bench.json:
  --steps 10           steps to time
  --layers 4 --heads 4 --width 256 --length 256 --batch 8 --vocabulary 256
                       the model and the batch
  --tokens 128         tokens to generate
  --cold               start once with an empty shader cache too

Beside others, in turn, written to dist/bench-peers.json:
  --peers              compare with jax-js, tfjs, ONNX Runtime and PyTorch
  --only NAMES         some of ${COMPARISONS.slice(0, 6).join(", ")},
                       ${COMPARISONS.slice(6).join(", ")}; separated by commas
  --rounds 3           rounds of each contender
  --threads N          threads of PyTorch; as many as there are processors
  --nanogpt            run nanoGPT's configuration to its end instead of estimating it, some minutes
  --text PATH          its text, data/shakespeare/input.txt
Packages of npm are fetched on first use; PyTorch has to be installed. What is missing is named at the end.
`;

const VALUES = ["only", "rounds", "threads", "text", "steps", "tokens"];
const SIZE_FLAGS = {
  L: ["layers", 4],
  H: ["heads", 4],
  C: ["width", 256],
  T: ["length", 256],
  B: ["batch", 8],
  V: ["vocabulary", 256],
} as const;

/** @throws {UsageError} naming the flag that is unknown or the value that does not fit */
export function parseBenchFlags(args: readonly string[], options: { processors: number }): BenchFlags {
  const flags = parseArgs([...args], {
    boolean: ["help", "peers", "cold", "nanogpt"],
    string: [...VALUES, ...Object.values(SIZE_FLAGS).map(([name]) => name)],
    alias: { help: "h" },
    unknown: (flag) => {
      throw new UsageError(`Cannot run the bench: there is no ${flag}, see deno task bench --help`);
    },
  });
  const count = (name: string, otherwise: number) => toCount(name, flags[name], otherwise);
  if (!flags.peers) {
    const misplaced = ["only", "rounds", "threads", "text", "nanogpt"].find((name) => flags[name]);
    if (misplaced) {
      throw new UsageError(`Cannot use --${misplaced} alone: it is for comparisons, add --peers`);
    }
  }
  const size = Object.fromEntries(
    Object.entries(SIZE_FLAGS).map(([letter, [name, otherwise]]) => [letter, count(name, otherwise)]),
  );
  return {
    help: Boolean(flags.help),
    peers: Boolean(flags.peers),
    only: toComparisons(flags.only as string | undefined),
    rounds: count("rounds", 3),
    threads: count("threads", options.processors),
    nanogptText: flags.nanogpt ? String(flags.text ?? "data/shakespeare/input.txt") : undefined,
    cold: Boolean(flags.cold),
    size: size as unknown as SpecSize,
    steps: count("steps", 10),
    tokens: count("tokens", 128),
  };
}

function toCount(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const count = Number(value);
  if (value !== "" && Number.isInteger(count) && count > 0) return count;
  throw new UsageError(`Cannot run the bench: --${name} must be a positive whole number and is "${value}"`);
}

function toComparisons(only: string | undefined): ComparisonName[] {
  if (only === undefined) return [...COMPARISONS];
  return only.split(",").map((name) => {
    const known = COMPARISONS.find((comparison) => comparison === name.trim());
    if (known) return known;
    throw new UsageError(
      `Cannot compare "${name}": there are ${COMPARISONS.join(", ")}`,
    );
  });
}
