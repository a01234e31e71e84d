// Looks figures up among the results of trials.

import { trialId, type TrialResult } from "./trial.ts";

/** The number a trial found, under keys joined by dots; undefined where there is none, or the trial did not end well. */
export function numberOf(trials: readonly TrialResult[], id: string, path: string): number | undefined {
  const trial = trials.find((trial) => trialId(trial) === id);
  if (trial?.status !== "ok") return undefined;
  const value = valueOf(trial, path);
  return typeof value === "number" ? value : undefined;
}

/** The text a trial found. */
export function textOf(trials: readonly TrialResult[], id: string, path: string): string | undefined {
  const trial = trials.find((trial) => trialId(trial) === id);
  const value = trial && valueOf(trial, path);
  return typeof value === "string" ? value : undefined;
}

/** Anything below a trial's figures. */
export function valueOf(trial: TrialResult, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    trial.figures,
  );
}

/** Why a figure is not there, for whoever asks. */
export function absenceOf(trials: readonly TrialResult[], id: string): string {
  const trial = trials.find((trial) => trialId(trial) === id);
  if (!trial) return `${id} was not run`;
  return trial.status === "ok" ? `${id} has no such figure` : `${id} ${trial.status}: ${trial.reason}`;
}
