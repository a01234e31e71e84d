// The folders of a run's checkpoints/: which there are, how one comes into being, how old ones go.
// Knows names and renames, not what the files hold. A name of the form step-00000500 is only ever given to a
// complete folder and taken from one by a rename, so a crash at any moment leaves whole checkpoints.

import { join } from "node:path";
import process from "node:process";
import { syncPath } from "../common/atomic_file.ts";
import { CheckpointRejected, readManifest } from "./_manifest.ts";

/** A folder that claims to be a checkpoint. */
export interface StepFolder {
  readonly step: number;
  readonly path: string;
  /** Set aside while its successor of the same step takes its place; counts if that one is missing. */
  readonly isReplaced: boolean;
}

const STEP_NAME = /^step-(\d{8,15})(?:\.old-[0-9a-f]{8})?$/;
// A folder untouched for so long is nobody's.
const LONGEST_SAVE_MS = 24 * 3600 * 1000;
const TEMPORARY_NAME = /^\.tmp-\d+-(\d+)-[0-9a-f]{8}$/;

/** Where a run keeps its checkpoints. */
export function checkpointsDir(runDir: string): string {
  return join(runDir, "checkpoints");
}

/** Name of a step's folder: `step-00000500`. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

/** Step that a folder's name claims, or undefined when it is no step's folder. */
export function stepOfName(name: string): number | undefined {
  const match = STEP_NAME.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Name for a folder that is being written or removed. */
export function temporaryName(step: number): string {
  return `.tmp-${step}-${Deno.pid}-${randomHex()}`;
}

/** Lists step folders, newest first. Links are no folders; a missing parent holds none. */
export async function listStepFolders(parent: string): Promise<StepFolder[]> {
  const found: StepFolder[] = [];
  for (const { name, isDirectory } of await readFolder(parent)) {
    const step = stepOfName(name);
    if (step === undefined || !isDirectory) continue;
    found.push({ step, path: join(parent, name), isReplaced: name.includes(".old-") });
  }
  return found.sort((a, b) => b.step - a.step || Number(a.isReplaced) - Number(b.isReplaced));
}

/**
 * Gives a complete, synced temporary folder its name. An older folder of the same step is set aside for
 * `pruneStepFolders()` to remove.
 *
 * @returns path of the step's folder
 */
export async function commitStepFolder(
  temporary: string,
  options: { parent: string; step: number },
): Promise<string> {
  const { parent, step } = options;
  const target = join(parent, stepName(step));
  if (await exists(target)) await Deno.rename(target, `${target}.old-${randomHex()}`);
  await Deno.rename(temporary, target);
  await syncPath(parent);
  return target;
}

/**
 * Removes old checkpoints: all but the newest `keepLast` complete ones and the steps in `keep`. A step keeps
 * one folder. An incomplete folder never counts as kept, and goes once enough complete ones are newer.
 */
export async function pruneStepFolders(
  parent: string,
  options: { readonly keepLast: number; readonly keep: ReadonlySet<number> },
): Promise<void> {
  let complete = 0;
  let keptStep = -1;
  for (const folder of await listStepFolders(parent)) {
    const { path, step } = folder;
    const isWanted = complete < options.keepLast || options.keep.has(step);
    if (step === keptStep || !isWanted) await removeFolder(folder, parent);
    else if (await isComplete(path)) {
      complete++;
      keptStep = step;
    }
  }
}

/**
 * Removes the temporary folders that no living process writes.
 *
 * @param options.isOnlyWriter - this process holds the run's lock: what is older than it is an earlier one's
 */
export async function removeStaleFolders(parent: string, options: { isOnlyWriter: boolean }): Promise<void> {
  for (const { name, isDirectory } of await readFolder(parent)) {
    const match = TEMPORARY_NAME.exec(name);
    if (!match || !isDirectory) continue;
    const path = join(parent, name);
    const modified = (await Deno.lstat(path)).mtime?.getTime() ?? Infinity;
    // in a container every start may have the same pid, and an earlier start's folder looks like an own one
    const isOwn = options.isOnlyWriter || Number(match[1]) === Deno.pid;
    const isOld = modified < performance.timeOrigin;
    if (isOwn ? isOld : !isAlive(Number(match[1]), modified)) await Deno.remove(path, { recursive: true });
  }
}

async function removeFolder(folder: StepFolder, parent: string): Promise<void> {
  // renamed first: a crash in the middle of a removal must not leave half a checkpoint under a good name
  const temporary = join(parent, temporaryName(folder.step));
  await Deno.rename(folder.path, temporary);
  await Deno.remove(temporary, { recursive: true });
}

async function isComplete(path: string): Promise<boolean> {
  try {
    await readManifest(path);
    return true;
  } catch (error) {
    // a newer program's checkpoint is complete as far as this one can tell
    if (error instanceof CheckpointRejected) return error.isNewer;
    throw error;
  }
}

function isAlive(pid: number, modified: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ESRCH") return false;
    return Date.now() - modified < LONGEST_SAVE_MS; // not allowed to ask
  }
}

async function readFolder(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function randomHex(): string {
  return crypto.randomUUID().slice(0, 8);
}
