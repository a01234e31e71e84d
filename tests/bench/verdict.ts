// Figures of a comparison: median and best of each contender, ratios, and whether a bar is reached. Knows no processes
// and prints nothing.

import type { Bar, Comparison, Outcome } from "./comparison.ts";

/** Median and best of something measured in rounds. */
export interface Spread {
  readonly median: number;
  readonly best: number;
}

/** `edge`: the median says one thing and the best round another. */
export type Verdict = "reached" | "edge" | "missed" | "not measured";

export interface BarResult {
  readonly bar: Bar;
  readonly text: string;
  readonly value?: Spread;
  readonly verdict: Verdict;
}

export interface ContenderResult extends Outcome {
  /** In the unit of the comparison. */
  readonly figure?: Spread;
  /** Ours as a multiple of it: of the medians, and of the bests. */
  readonly ratio?: Spread;
  /** Median of the processors its rounds kept busy. */
  readonly cores?: number;
  /** The ratio of the medians, had each had one processor: theirs of processor time, steady on a busy machine. */
  readonly ratioPerCore?: number;
}

export interface ComparisonResult {
  readonly title: string;
  readonly unit: string;
  readonly isRow: boolean;
  readonly contenders: readonly ContenderResult[];
  readonly bars: readonly BarResult[];
  readonly notes: readonly string[];
}

/** Turns what was measured into figures, ratios and verdicts. */
export function judge(comparison: Comparison, outcomes: readonly Outcome[]): ComparisonResult {
  const figures = outcomes.map((outcome, i) =>
    figureOf(outcome, (ms) => comparison.figureOf(ms, comparison.contenders[i]))
  );
  const [ours] = figures;
  const cores = outcomes.map(coresOf);
  const contenders = outcomes.map((outcome, i): ContenderResult => {
    const ratio = i > 0 && ours && figures[i] ? ratioOf(ours, figures[i]) : undefined;
    const ratioPerCore = ratio && cores[0] && cores[i] ? ratio.median * cores[i] / cores[0] : undefined;
    return { ...outcome, figure: figures[i], ratio, cores: cores[i], ratioPerCore };
  });
  const bars = comparison.bars.map((bar) => judgeBar(bar, { comparison, contenders }));
  const { title, unit, isRow = false } = comparison;
  const notes = isRow ? [] : agreementNotes(outcomes);
  return { title, unit, isRow, contenders, bars, notes };
}

/** The middle value; of an even count, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of the rounds' medians, and the best unit of all. */
function figureOf({ rounds }: Outcome, figureOf: (unitMs: number) => number): Spread | undefined {
  if (rounds.length === 0) return undefined;
  return {
    median: figureOf(median(rounds.map(({ unitMs }) => median(unitMs)))),
    best: figureOf(Math.min(...rounds.flatMap(({ unitMs }) => unitMs))),
  };
}

function coresOf({ rounds }: Outcome): number | undefined {
  const values = rounds.flatMap(({ cores }) => cores ?? []);
  return values.length === 0 ? undefined : median(values);
}

function ratioOf(ours: Spread, theirs: Spread): Spread {
  return { median: ours.median / theirs.median, best: ours.best / theirs.best };
}

function judgeBar(
  bar: Bar,
  measured: { comparison: Comparison; contenders: readonly ContenderResult[] },
): BarResult {
  const { comparison, contenders } = measured;
  const [ours] = contenders;
  const value = bar.count
    ? countOf(bar.count, ours)
    : bar.against === undefined
    ? ours.figure
    : contenders.find(({ name }) => name === bar.against)?.ratio;
  const unitMs = median(ours.rounds.flatMap((round) => round.unitMs));
  const limits = {
    atLeast: bar.atLeast,
    atMost: bar.atMost && bar.atMost + (bar.perMs ? bar.perMs * unitMs : 0),
  };
  const text = barText(bar, { ...limits, unit: comparison.unit });
  // What ours cannot run it has not reached.
  const verdict = ours.skip && !ours.figure ? "missed" : verdictOf(value, limits);
  return { bar, text, value, verdict };
}

function countOf(count: string, { rounds }: ContenderResult): Spread | undefined {
  const values = rounds.flatMap(({ counts }) => counts?.[count] ?? []);
  return values.length === 0 ? undefined : { median: median(values), best: Math.min(...values) };
}

/** Whether a value reaches its limits, by median and by best. */
export function verdictOf(
  value: Spread | undefined,
  limits: { readonly atLeast?: number; readonly atMost?: number },
): Verdict {
  if (!value || Number.isNaN(value.median)) return "not measured";
  const reaches = (number: number) =>
    number >= (limits.atLeast ?? -Infinity) && number <= (limits.atMost ?? Infinity);
  if (reaches(value.median) && reaches(value.best)) return "reached";
  return reaches(value.median) || reaches(value.best) ? "edge" : "missed";
}

function barText(bar: Bar, limits: { atLeast?: number; atMost?: number; unit: string }): string {
  const unit = bar.count ? ` ${bar.count}` : bar.against === undefined ? ` ${limits.unit}` : "";
  const sign = limits.atLeast === undefined ? "<=" : ">=";
  const limit = Number((limits.atLeast ?? limits.atMost!).toPrecision(4));
  return bar.against === undefined ? `${sign} ${limit}${unit}` : `${sign} ${limit} x ${bar.against}`;
}

/** What shows that the contenders did the same work. */
function agreementNotes(outcomes: readonly Outcome[]): string[] {
  const measured = outcomes.filter(({ facts }) => facts);
  const notes: string[] = [];
  const [ours, ...others] = measured.filter(({ facts }) => facts!.losses);
  if (ours && others.length > 0) {
    const largest = Math.max(
      ...others.map(({ facts }) => largestDifference(ours.facts!.losses!, facts!.losses!)),
    );
    notes.push(
      `losses of warm-up ${ours.facts!.losses!.map((loss) => loss.toFixed(4)).join(", ")}: ` +
        (largest > 0
          ? `the others' differ by at most ${largest.toExponential(0)}`
          : "the others' are the same"),
    );
  }
  const [first, ...rest] = measured.filter(({ facts }) => facts!.tokens);
  for (const other of first ? rest : []) {
    const [a, b] = [first.facts!.tokens!, other.facts!.tokens!];
    const length = Math.min(a.length, b.length);
    const same = a.slice(0, length).findIndex((id, i) => id !== b[i]);
    notes.push(
      same < 0
        ? `${other.name} generates the same ${length} tokens`
        : `${other.name} generates other tokens from number ${same + 1} of ${length} on`,
    );
  }
  return notes;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.slice(0, b.length).map((value, i) => Math.abs(value - b[i])));
}
