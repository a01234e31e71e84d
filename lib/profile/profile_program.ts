// Where the time of programs goes, dispatch by dispatch: each is run several times, and a dispatch's best
// time counts, because whatever else the machine does only adds. The one way to time kernels: the profile and
// the bench use it.

import type { GpuBackend, GpuProgram } from "../../kernels/program/gpu_backend.ts";
import { type ProfileRow, rowsOfCommands } from "./profile_rows.ts";

/** A program and its part in a step. */
export interface ProfiledProgram {
  readonly program: GpuProgram;
  readonly isUpdate?: boolean;
  /** How often a step replays it; 1 where left out. */
  readonly repeats?: number;
}

export interface ProfileOptions {
  /** How often everything is run. */
  readonly rounds: number;
  /** Called before each round, to write what the programs read. */
  readonly prepare?: () => void | Promise<void>;
  /** Told the number of commands run in this round, where they are waited for one by one. */
  readonly onCommand?: (done: number, total: number) => void;
}

/**
 * Times the programs, one after the other, round by round.
 *
 * @returns a row for each phase, operation, kernel and shape
 */
export async function profilePrograms(
  gpu: GpuBackend,
  programs: readonly ProfiledProgram[],
  options: ProfileOptions,
): Promise<ProfileRow[]> {
  const { rounds, prepare, onCommand } = options;
  const best = programs.map(({ program }) => new Float64Array(program.commands.length).fill(Infinity));
  const total = best.reduce((sum, { length }) => sum + length, 0);
  for (let round = 0; round < rounds; round++) {
    await prepare?.();
    let done = 0;
    for (const [p, { program }] of programs.entries()) {
      const first = done;
      const nanoseconds = await gpu.time(program, { onCommand: (i) => onCommand?.(first + i, total) });
      nanoseconds.forEach((time, i) => best[p][i] = Math.min(best[p][i], time / 1e6));
      done += nanoseconds.length;
    }
  }
  return programs.flatMap(({ program, ...part }, p) => rowsOfCommands(program.commands, best[p], part));
}
