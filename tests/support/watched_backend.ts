// A backend that counts what is asked of it, and may change programs before they are compiled.

import type { Backend, Program } from "../../kernels/program/backend.ts";
import type { Call } from "../../kernels/program/call.ts";

export interface WatchedBackend extends Backend {
  /** Calls of read() so far. */
  readonly reads: number;
  /** Replays so far, by label of the program. */
  readonly replays: ReadonlyMap<string, number>;
}

/** @param rewrite gives the calls to compile instead of those of a program */
export function watchBackend(
  backend: Backend,
  rewrite: (calls: readonly Call[], label: string) => readonly Call[] = (calls) => calls,
): WatchedBackend {
  const replays = new Map<string, number>();
  let reads = 0;
  return {
    description: backend.description,
    maxArenaElements: backend.maxArenaElements,
    variants: backend.variants,
    maxTensorElements: backend.maxTensorElements,
    replays,
    get reads(): number {
      return reads;
    },
    get submits(): number {
      return backend.submits;
    },
    compile(calls, label): Program {
      const program = backend.compile(rewrite(calls, label), label);
      return {
        replay(): void {
          replays.set(label, (replays.get(label) ?? 0) + 1);
          program.replay();
        },
      };
    },
    write: (tensor, data, offset) => backend.write(tensor, data, offset),
    read(tensor) {
      reads++;
      return backend.read(tensor);
    },
    refreshParameters: () => backend.refreshParameters(),
    flush: () => backend.flush(),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}
