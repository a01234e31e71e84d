// One question with several contenders: which, on what work, and which bars ours has to reach. Opens all of them, lets
// them run in turn, round by round, and keeps every number.

import {
  type Contender,
  type Facts,
  type OpenContender,
  openContender,
  type Round,
  type Skip,
} from "./contender.ts";

/** What ours has to reach: a value of its own, or a multiple of a peer's. */
export interface Bar {
  /** Name of the contender to be measured by; undefined for a value that stands for itself. */
  readonly against?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What is held against the bar, where it is not the comparison's own figure: a count of the rounds. */
  readonly count?: string;
  /** A bar that moves with the time of a unit of work: how much is added to it per millisecond. */
  readonly perMs?: number;
}

export interface Comparison {
  readonly title: string;
  readonly unit: string;
  /** What a unit of work that took so many milliseconds amounts to in `unit`. */
  readonly figureOf: (unitMs: number, contender: Contender) => number;
  /** Ours first. */
  readonly contenders: readonly Contender[];
  readonly bars: readonly Bar[];
  readonly rounds: number;
  /** One of many alike, shown as a line. */
  readonly isRow?: boolean;
}

/** What was measured of one contender, or why nothing was. */
export interface Outcome {
  readonly name: string;
  readonly skip?: Skip;
  readonly facts?: Facts;
  readonly rounds: readonly Round[];
}

/** Runs a comparison to its end. @param tell told what is going on */
export async function compare(comparison: Comparison, tell: (text: string) => void): Promise<Outcome[]> {
  const opened = new Map<Contender, OpenContender>();
  const skips = new Map<Contender, Skip>();
  const rounds = new Map<Contender, Round[]>(comparison.contenders.map((contender) => [contender, []]));
  await using stack = new AsyncDisposableStack();
  for (const contender of comparison.contenders) {
    tell(`${contender.name}: setting up`);
    const entry = await openContender(contender);
    if ("reason" in entry) skips.set(contender, entry);
    else opened.set(contender, stack.use(entry));
  }
  for (let round = 0; round < comparison.rounds; round++) {
    for (const [contender, { round: run }] of opened) {
      if (skips.has(contender)) continue;
      tell(`round ${round + 1} of ${comparison.rounds}: ${contender.name}`);
      try {
        rounds.get(contender)!.push(await run());
      } catch (error) {
        skips.set(contender, { reason: (error as Error).message, remedy: `it failed in round ${round + 1}` });
      }
    }
  }
  return comparison.contenders.map((contender) => ({
    name: contender.name,
    skip: skips.get(contender),
    facts: opened.get(contender)?.facts,
    rounds: rounds.get(contender)!,
  }));
}
