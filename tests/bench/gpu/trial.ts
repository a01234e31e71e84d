// What the GPU bench is made of. A trial is one isolated piece of work: a program of its own with a time limit, which
// writes what it finds as lines of JSON, so that a crash, a lost device or a hang costs that trial and nothing else, and
// figures written before it count. Knows nothing of what is measured.

/** Parts in the order they run; `--only` chooses among them. */
export const PARTS = ["probe", "check", "tune", "matmul", "train", "decode", "pytorch"] as const;

export type Part = typeof PARTS[number];

/** Named values a trial found: numbers, texts and plain objects of them. */
export type Figures = Record<string, unknown>;

export interface Trial {
  readonly part: Part;
  /** Name within the part. */
  readonly name: string;
  /** Longest time it may take, seconds. */
  readonly limitS: number;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it writes: lines of {@link TrialLine}, or the report of `deno test`. */
  readonly output: "lines" | "test report";
  /** Set where there is nothing to run: why. */
  readonly skip?: string;
}

export interface TrialResult {
  readonly part: Part;
  readonly name: string;
  readonly status: "ok" | "failed" | "timed out" | "skipped";
  /** Why it is not `ok`. */
  readonly reason?: string;
  readonly elapsedS: number;
  readonly figures: Figures;
}

/** One line a trial writes to its standard output. */
export type TrialLine =
  | { readonly figure: string; readonly value: unknown }
  | { readonly error: string }
  | { readonly skip: string };

/** What a measurement is given. */
export interface TrialContext {
  /** Sizes a software adapter gets through in seconds. */
  readonly small: boolean;
  /** Keeps a figure, at once. */
  record(figure: string, value: unknown): void;
}

/** A measurement that makes no sense here, rather than one that failed. */
export class SkipTrial extends Error {
  override name = "SkipTrial";
}

/** Name of a trial in the whole bench. */
export function trialId({ part, name }: { part: Part; name: string }): string {
  return `${part}/${name}`;
}

/** JSON has no NaN and no infinities: they become texts. */
export function formatLine(line: TrialLine): string {
  return JSON.stringify(line, (_, value) => {
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
}
