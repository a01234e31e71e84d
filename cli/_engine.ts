// Starts the engine in its own thread and stays with it: hands on its events, asks it to stop at a signal, turns its
// failure into this thread's error.

import { EXIT_STATUS, UsageError } from "../lib/common/errors.ts";
import type { Config } from "../lib/config/config.ts";
import type { EvaluateOptions } from "../lib/evaluation/evaluate.ts";
import type { GenerateOptions } from "../lib/inference/generate.ts";
import type { ProfileRequest } from "../lib/profile/profile.ts";
import type { PipelineOptions } from "../lib/training/pipeline.ts";

type Hooks = "onEvent" | "shouldStop";

/** What the engine is asked to do; plain data. */
export type EngineJob =
  & { readonly config: Config; readonly stopFlag: SharedArrayBuffer }
  & (
    | { readonly name: "train"; readonly options: Omit<PipelineOptions, Hooks> }
    | { readonly name: "generate"; readonly options: Omit<GenerateOptions, Hooks> }
    | { readonly name: "evaluate"; readonly options: Omit<EvaluateOptions, Hooks> }
    | { readonly name: "doctor" }
    | { readonly name: "profile"; readonly options: Omit<ProfileRequest, Hooks> }
    | { readonly name: "tune" }
  );

export type EngineMessage =
  | { readonly kind: "event"; readonly event: unknown }
  | { readonly kind: "done"; readonly result: unknown }
  | {
    readonly kind: "failed";
    readonly failure: { name: string; message: string; stack?: string; exitStatus?: number };
  };

type WithoutFlag<Job> = Job extends unknown ? Omit<Job, "stopFlag"> : never;

/** What became of the job, and the signal that ended it early, if one did. */
export interface EngineOutcome<Result> {
  readonly result: Result;
  readonly signal: Deno.Signal | undefined;
}

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** Exit status of a program ended by a signal it obeyed. */
export function signalStatus(signal: Deno.Signal): number {
  return signal === "SIGTERM" ? EXIT_STATUS.terminated : EXIT_STATUS.interrupted;
}

/**
 * Runs a job to its end. The engine's thread is left to the end of the process, which the program ends with Deno.exit():
 * a thread that used a device, torn down while the program goes on, crashes in the driver one time in a dozen.
 * The first signal asks the engine to stop where nothing is lost; a second one exits at once.
 *
 * @param options.onEvent asks the engine to stop when it throws: what it throws is thrown here
 * @param options.onSignal called when the first signal arrives
 */
export async function runEngine<Event, Result>(
  job: WithoutFlag<EngineJob>,
  options: { onEvent: (event: Event) => void; onSignal: (signal: Deno.Signal) => void },
): Promise<EngineOutcome<Result>> {
  const stopFlag = new SharedArrayBuffer(4);
  const askToStop = () => Atomics.store(new Int32Array(stopFlag), 0, 1);
  const worker = new Worker(new URL("./engine_worker.ts", import.meta.url), {
    type: "module",
    name: "engine",
  });
  let signal: Deno.Signal | undefined;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      if (signal) Deno.exit(signalStatus(name));
      signal = name;
      askToStop();
      options.onSignal(name);
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  try {
    const result = await new Promise<Result>((resolve, reject) => {
      let thrown: { error: unknown } | undefined;
      worker.onmessage = ({ data: message }: MessageEvent<EngineMessage>) => {
        if (message.kind === "failed") return reject(failureOf(message.failure));
        if (message.kind === "done") return thrown ? reject(thrown.error) : resolve(message.result as Result);
        try {
          if (!thrown) options.onEvent(message.event as Event);
        } catch (error) {
          thrown = { error };
          askToStop();
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage({ ...job, stopFlag });
    });
    return { result, signal };
  } finally {
    for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
  }
}

function failureOf(failure: Extract<EngineMessage, { kind: "failed" }>["failure"]): Error {
  const { name, message, stack, exitStatus } = failure;
  if (name === "UsageError") return new UsageError(message, { exitStatus });
  const error = new Error(message);
  error.name = name;
  error.stack = stack;
  return error;
}
