// Why a checkpoint could not be saved, in one line a person can act on.

import { statfsSync } from "node:fs";
import { UsageError } from "../common/errors.ts";
import { isSystemError, type StepContent, stepSize } from "./_step_files.ts";

/**
 * Refuses a save that the disk has no room for, before anything is written.
 *
 * @throws {UsageError} with the needed and the available bytes
 */
export function refuseFullDisk(parent: string, content: StepContent): void {
  if ((availableBytes(parent) ?? Infinity) < stepSize(content)) throw outOfSpace(parent, content);
}

/** What to throw for a failed save: one line that says what to do, or the error itself if it is a defect. */
export function explainFailure(error: unknown, save: { parent: string; content: StepContent }): unknown {
  if (!isSystemError(error)) return error;
  if (error.code === "ENOSPC" || error.code === "EDQUOT") return outOfSpace(save.parent, save.content, error);
  return new UsageError(
    `Cannot save the checkpoint of step ${save.content.step} in ${save.parent}: ${error.message}; make the ` +
      `folder writable or choose another training.run_dir`,
    { cause: error },
  );
}

function outOfSpace(parent: string, content: StepContent, cause?: unknown): UsageError {
  const available = availableBytes(parent) ?? "too few";
  return new UsageError(
    `Cannot save the checkpoint of step ${content.step} in ${parent}: ${
      stepSize(content)
    } bytes are needed and ` +
      `${available} are available; free disk space or choose another training.run_dir`,
    { cause },
  );
}

/** Free bytes of a folder's disk, or undefined where this process may not ask. */
function availableBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
