// Times work that is queued: rounds long enough for the clock, each ended by one wait for the device.

export interface Rounds {
  /** Median and best time of one run, milliseconds. */
  readonly medianMs: number;
  readonly bestMs: number;
  /** Runs in a round, and rounds. */
  readonly runs: number;
  readonly rounds: number;
}

export interface RoundsOptions {
  /** Queues the work once. */
  readonly queue: () => void;
  /** Waits until all that is queued is done. */
  readonly wait: () => Promise<unknown>;
  /** Wanted time of a round, milliseconds. */
  readonly roundMs: number;
  readonly rounds: number;
  /** Most runs between two waits. */
  readonly maxRuns?: number;
}

/** Runs once to warm up, once to learn how long a run takes, then in rounds. */
export async function measureRounds(options: RoundsOptions): Promise<Rounds> {
  const { queue, wait, roundMs, rounds, maxRuns = 1000 } = options;
  const round = async (runs: number): Promise<number> => {
    const startedAt = performance.now();
    for (let i = 0; i < runs; i++) queue();
    await wait();
    return (performance.now() - startedAt) / runs;
  };
  await round(1);
  const onceMs = await round(1);
  const runs = Math.max(1, Math.min(maxRuns, Math.round(roundMs / onceMs)));
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await round(runs));
  times.sort((a, b) => a - b);
  return { medianMs: times[rounds >> 1], bestMs: times[0], runs, rounds };
}
