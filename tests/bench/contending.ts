// A contender's side of a comparison: says once that it is ready, then runs one round for every line it is sent. Each
// contender is a process of its own; whoever compares them (contender.ts) lets them run in turn.

import process from "node:process";
import type { Facts, Round } from "./contender.ts";

/** What a contender process was asked to run: the JSON in its first argument. */
export function readTask<Task>(): Task {
  return JSON.parse(Deno.args[0]);
}

/**
 * Reports what set-up and warm-up showed, then answers every line with a round, until input ends.
 *
 * @param round times one round of at least one unit of work
 * @param options.inChildren the work is done by other processes, whose processor time is not seen here
 */
export async function contend(
  facts: Facts,
  round: () => Promise<Round>,
  options: { inChildren?: boolean } = {},
): Promise<never> {
  answer({ ready: facts });
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const text of lines) {
    for (const _ of text.matchAll(/\n/g)) {
      answer({ round: options.inChildren ? await round() : await countCores(round) });
    }
  }
  // Not every framework lets go of its threads.
  Deno.exit(0);
}

/** Adds how many processors a round kept busy. */
async function countCores(round: () => Promise<Round>): Promise<Round> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const result = await round();
  const { user, system } = process.cpuUsage(before);
  return { ...result, cores: (user + system) / 1000 / (performance.now() - startedAt) };
}

/** Times units of work one after the other until they took `minMs`, one at least. */
export async function timeUnits(unit: () => Promise<void>, minMs: number): Promise<number[]> {
  const unitMs: number[] = [];
  for (let total = 0; total < minMs; total += unitMs.at(-1)!) {
    const startedAt = performance.now();
    await unit();
    unitMs.push(performance.now() - startedAt);
  }
  return unitMs;
}

function answer(message: { ready: Facts } | { round: Round }): void {
  console.log(JSON.stringify(message));
}
