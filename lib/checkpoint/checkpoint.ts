// Checkpoints: everything a run needs to go on, in a folder that is complete or is not there.
// Knows the order of a save and a load, nothing of models. A save is: temporary folder, every file synced,
// MANIFEST.json last, sync of the folder, check of what the disk kept, rename, sync of the parent, pruning.

import { basename, join } from "node:path";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import { formatConfigTree, parseConfigTree } from "../config/config_tree.ts";
import {
  checkpointsDir,
  commitStepFolder,
  listStepFolders,
  pruneStepFolders,
  removeStaleFolders,
  stepOfName,
  temporaryName,
} from "./_checkpoint_folders.ts";
import { CheckpointRejected, MANIFEST_FILE } from "./_manifest.ts";
import { explainFailure, refuseFullDisk } from "./_save_failure.ts";
import { readStepFiles, type StepContent, writeStepFiles } from "./_step_files.ts";
import { holdsRunLock } from "./run_lock.ts";
import type { StoredTensor } from "./safetensors.ts";

/** A parameter or a moment of the optimizer, in host memory. */
export type NamedTensor = StoredTensor;

/**
 * The state of a run after a step.
 *
 * @example
 * ```ts
 * import type { Checkpoint } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * function countParameters({ weights }: Pick<Checkpoint, "weights">): number {
 *   return weights.reduce((count, { data }) => count + data.length, 0);
 * }
 * const weights = [{ name: "wte.weight", shape: [2, 3], data: new Float32Array(6) }];
 * assertEquals(countParameters({ weights }), 6);
 * ```
 */
export interface Checkpoint {
  /** Optimizer updates made, an integer of at least 0. */
  readonly step: number;
  /** Parameters under the names of GPT-2's published weights. */
  readonly weights: NamedTensor[];
  /** Moments of every parameter, and the counters that live on the device. */
  readonly optimizer: NamedTensor[];
  /** Counters and scores of the trainer, as JSON can hold them: no NaN, no infinity. */
  readonly state: Record<string, unknown>;
  /** Configuration of the run. */
  readonly config: Config;
  /** Text of tokenizer.json. */
  readonly tokenizer: string;
}

/** How to save. */
export interface SaveOptions {
  /** Newest checkpoints to keep, at least 2. */
  readonly keepLast: number;
  /** Steps to keep besides, such as the best one. */
  readonly keep?: readonly number[];
  /** Called when old checkpoints could not be removed; the save itself has succeeded. */
  readonly onWarning?: (message: string) => void;
}

/** How to load. */
export interface LoadOptions {
  /** Called for every damaged checkpoint that is passed over, newest first. */
  readonly onRejected?: (dir: string, reason: string) => void;
  /** Leaves the optimizer's file unread and `optimizer` empty. */
  readonly weightsOnly?: boolean;
}

/**
 * Saves a checkpoint. When the promise settles the files are on the disk and verified; when it fails, or the
 * process is killed, the earlier checkpoints are as they were.
 *
 * @param runDir - the run's folder; made if missing
 * @returns path of the new folder, `<runDir>/checkpoints/step-00000500`
 * @throws {UsageError} when the disk is full or cannot be written
 *
 * @example
 * ```ts ignore
 * const path = await saveCheckpoint("data/runs/default", checkpoint, { keepLast: 3, keep: [bestStep] });
 * ```
 */
export async function saveCheckpoint(
  runDir: string,
  checkpoint: Checkpoint,
  options: SaveOptions,
): Promise<string> {
  const { keepLast, keep = [] } = options;
  if (!(Number.isSafeInteger(keepLast) && keepLast >= 2)) {
    throw new UsageError(
      `Cannot keep ${keepLast} checkpoints: checkpoint.keep_last must be at least 2, so that one ` +
        `damaged save never loses the run; set it to 2 or more`,
    );
  }
  const content = contentOf(checkpoint);
  const parent = checkpointsDir(runDir);
  let path: string;
  try {
    await Deno.mkdir(parent, { recursive: true });
    await removeStaleFolders(parent, { isOnlyWriter: holdsRunLock(runDir) });
    refuseFullDisk(parent, content);
    path = await writeAndCommit(parent, content);
  } catch (error) {
    throw explainFailure(error, { parent, content });
  }
  try {
    await pruneStepFolders(parent, { keepLast, keep: new Set([checkpoint.step, ...keep]) });
  } catch (error) {
    options.onWarning?.(`Old checkpoints in ${parent} could not be removed: ${(error as Error).message}`);
  }
  return path;
}

/**
 * Loads a checkpoint.
 *
 * @param path - the folder of a run, whose newest checkpoint that verifies is taken, or of one step
 * @returns the checkpoint and the folder it came from
 * @throws {UsageError} when there is none, none verifies or a newer sheepop wrote it
 *
 * @example
 * ```ts
 * import { loadCheckpoint, UsageError } from "@sheepop/sheepop";
 * import { assertRejects } from "@std/assert";
 *
 * // With a run: const { step, weights, config } = await loadCheckpoint("data/runs/default");
 * await assertRejects(() => loadCheckpoint("no/such/run"), UsageError, "there is no such folder");
 * ```
 */
export async function loadCheckpoint(
  path: string,
  options: LoadOptions = {},
): Promise<Checkpoint & { path: string }> {
  if (await isFolder(checkpointsDir(path))) return await loadNewest(path, options);
  if (!await isFolder(path)) {
    throw new UsageError(
      `Cannot load a checkpoint from ${path}: there is no such folder; train first or correct the path`,
    );
  }
  if (!await claimsToBeStep(path)) throw nothingToLoad(path);
  try {
    return await loadStep(path, options);
  } catch (error) {
    if (!(error instanceof CheckpointRejected)) throw error;
    throw new UsageError(`Cannot load the checkpoint ${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Lists a run's checkpoints without verifying them.
 *
 * @param runDir - the run's folder
 * @returns one entry a step, oldest first; none when the run has no checkpoints
 *
 * @example
 * ```ts
 * import { listCheckpoints } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await listCheckpoints("no/such/run"), []);
 * ```
 */
export async function listCheckpoints(runDir: string): Promise<{ step: number; path: string }[]> {
  const paths = new Map<number, string>();
  for (const { step, path } of await listStepFolders(checkpointsDir(runDir))) {
    if (!paths.has(step)) paths.set(step, path);
  }
  return Array.from(paths, ([step, path]) => ({ step, path })).reverse();
}

function contentOf({ step, weights, optimizer, state, config, tokenizer }: Checkpoint): StepContent {
  refuseNonJson(state, "state");
  const [stateText, configText] = [state, formatConfigTree(config)].map((value) => {
    return JSON.stringify(value, null, 2) + "\n";
  });
  return { step, weights, optimizer, state: stateText, config: configText, tokenizer };
}

/** JSON would store null for NaN and `{}` for a Map without a word, and the run would go on wrong. */
function refuseNonJson(value: unknown, key: string): void {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) {
    return;
  }
  const isTree = Array.isArray(value) || Object.getPrototypeOf(value ?? 0) === Object.prototype;
  if (!isTree) throw new TypeError(`Cannot save ${key} in a checkpoint: JSON cannot hold ${String(value)}`);
  for (const [name, item] of Object.entries(value as object)) refuseNonJson(item, `${key}.${name}`);
}

async function writeAndCommit(parent: string, content: StepContent): Promise<string> {
  const temporary = join(parent, temporaryName(content.step));
  await Deno.mkdir(temporary);
  try {
    await writeStepFiles(temporary, content);
    return await commitStepFolder(temporary, { parent, step: content.step });
  } catch (error) {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw error;
  }
}

async function loadNewest(runDir: string, options: LoadOptions): Promise<Checkpoint & { path: string }> {
  const rejected: string[] = [];
  for (const { path } of await listStepFolders(checkpointsDir(runDir))) {
    try {
      return await loadStep(path, options);
    } catch (error) {
      if (!(error instanceof CheckpointRejected)) throw error;
      if (error.isNewer) {
        throw new UsageError(`Cannot load the checkpoint ${path}: ${error.message}`, { cause: error });
      }
      options.onRejected?.(path, error.message);
      rejected.push(`${basename(path)}: ${error.message}`);
    }
  }
  if (rejected.length === 0) throw nothingToLoad(runDir);
  throw new UsageError(
    `Cannot load a checkpoint from ${runDir}: none of its ${rejected.length} verifies (${
      rejected[0]
    }); restore one ` +
      `from a copy or train again`,
  );
}

async function loadStep(path: string, options: LoadOptions): Promise<Checkpoint & { path: string }> {
  const content = await readStepFiles(path, { weightsOnly: options.weightsOnly ?? false });
  const named = stepOfName(basename(path)) ?? content.step;
  if (content.step !== named) throw new CheckpointRejected(`it holds step ${content.step}`);
  try {
    const state = JSON.parse(content.state) as Record<string, unknown>;
    const config = parseConfigTree(JSON.parse(content.config), join(path, "config.json"));
    return { ...content, state, config, path };
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof SyntaxError)) throw error;
    throw new CheckpointRejected(error.message, { cause: error });
  }
}

function nothingToLoad(path: string): UsageError {
  return new UsageError(
    `Cannot load a checkpoint from ${path}: it holds none; train first, or name a run folder or one of its ` +
      `checkpoints/step-... folders`,
  );
}

async function claimsToBeStep(path: string): Promise<boolean> {
  if (stepOfName(basename(path)) !== undefined) return true;
  return await Deno.lstat(join(path, MANIFEST_FILE)).then(() => true, () => false);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isDirectory, () => false);
}
