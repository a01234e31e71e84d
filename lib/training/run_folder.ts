// What a run folder says about the run in it, and whether a new command may go on with it. A run is only ever continued
// when asked for, never overwritten by accident, and not trained again when it is finished.

import { join } from "node:path";
import { type Checkpoint, listCheckpoints, loadCheckpoint } from "../checkpoint/checkpoint.ts";
import { writeFileAtomic } from "../common/atomic_file.ts";
import { UsageError } from "../common/errors.ts";
import { type Config, configKeys, configValue } from "../config/config.ts";
import { formatConfigTree } from "../config/config_tree.ts";

/** What a checkpoint remembers of its run beside numbers. */
export interface RunState {
  /** Content hash of the token dataset; the data of a resumed run must be the same. */
  readonly datasetHash: string;
  readonly tokensSeen: number;
  readonly elapsedMs: number;
  readonly bestLoss: number | null;
  readonly bestStep: number | null;
  /** Updates skipped because loss or gradient was not finite. */
  readonly skipped: number;
  /** Adapter and version that computed it: bits are the same only where both are. */
  readonly device: string;
  readonly version: string;
}

export type LoadedRun = Checkpoint & { readonly path: string };

/** What becomes of a run that the folder holds: refused, continued, or replaced. */
export type Resume = "never" | "continue" | "restart";

/** What of a run decides bits and is no key of the configuration. */
export interface RunDevice {
  readonly device: string;
  /** Variants of kernels, by what they compute. */
  readonly variants: Readonly<Record<string, string>>;
}

/** Keys that decide the numbers of a run: a resumed run must agree on them. */
const FIXED_GROUPS = ["model", "tokenizer"];
const FIXED_KEYS = ["training.batch_size", "training.gradient_accumulation_steps", "training.seed"];

/** Keys without influence on the result, ignored when a finished run is compared with what is asked for. */
const FREE_GROUPS = ["monitor", "generate", "resources", "checkpoint"];
const DECIDING_KEYS = ["resources.operands"];
const FREE_KEYS = ["training.run_dir", "training.sample_prompt", "training.sample_tokens", "data.output_dir"];

/**
 * Finds what the run folder holds and decides whether to start, continue or leave alone.
 *
 * @returns the checkpoint to go on from, undefined to start
 * @throws {UsageError} when the folder holds a run that `resume` does not allow to touch, or one of another model or data
 */
export async function findRun(
  config: Config,
  options: {
    resume: Resume;
    /** Step folder to continue from; the newest checkpoint that verifies where left out. */
    from?: string;
    datasetHash: string;
    onRejected: (dir: string, reason: string) => void;
  },
): Promise<LoadedRun | undefined> {
  const { runDir, maxSteps } = config.training;
  const { resume, datasetHash, onRejected } = options;
  if (resume === "restart") {
    await clearRun(runDir);
    return undefined;
  }
  if (resume === "never" && (await listCheckpoints(runDir)).length === 0) return undefined;
  const run = await loadCheckpoint(options.from ?? runDir, { onRejected });
  if (resume === "continue") {
    assertSameRun(config, run, datasetHash);
    if (options.from) await removeCheckpointsAfter(runDir, run.step);
    return run;
  }
  const different = differentKeys(config, run.config).filter(decidesResult);
  if (run.step >= maxSteps && different.length === 0 && stateOf(run).datasetHash === datasetHash) return run;
  const reason = different.length > 0 ? ` with another ${different[0]}` : "";
  throw new UsageError(
    `Cannot train into ${runDir}: it holds a run at step ${run.step} of ${run.config.training.maxSteps}${reason}, ` +
      "continue it with --resume, start over with --restart or choose another --run-dir",
  );
}

export function stateOf(run: Checkpoint): RunState {
  return run.state as unknown as RunState;
}

function assertSameRun(config: Config, run: LoadedRun, datasetHash: string): void {
  const different = differentKeys(config, run.config).find((key) => {
    return FIXED_KEYS.includes(key) || FIXED_GROUPS.includes(key.split(".")[0]);
  });
  if (different) {
    const find = (from: Config) => {
      const key = configKeys().find((candidate) => candidate.key === different)!;
      return configValue(from, key);
    };
    throw new UsageError(
      `Cannot resume ${config.training.runDir}: ${different} is ${find(config)} and the run has ${
        find(run.config)
      }, ` +
        "remove the setting or choose another --run-dir",
    );
  }
  if (stateOf(run).datasetHash !== datasetHash) {
    throw new UsageError(
      `Cannot resume ${config.training.runDir}: its data or vocabulary changed (token dataset ${datasetHash}, the run has ` +
        `${stateOf(run).datasetHash}), restore the files or choose another --run-dir`,
    );
  }
}

function decidesResult(key: string): boolean {
  if (DECIDING_KEYS.includes(key)) return true;
  return !FREE_KEYS.includes(key) && !FREE_GROUPS.includes(key.split(".")[0]);
}

function differentKeys(a: Config, b: Config): string[] {
  return configKeys()
    .filter((key) => JSON.stringify(configValue(a, key)) !== JSON.stringify(configValue(b, key)))
    .map((key) => key.key);
}

/** Going back to an earlier step gives up what came after it: the next resume would find that first. */
async function removeCheckpointsAfter(runDir: string, step: number): Promise<void> {
  for (const later of await listCheckpoints(runDir)) {
    if (later.step > step) await Deno.remove(later.path, { recursive: true });
  }
}

/** Removes what a run leaves in its folder, and nothing else. */
async function clearRun(runDir: string): Promise<void> {
  const ours =
    /^(checkpoints|metrics\.jsonl?|config\.json|run\.json|sample\.txt|(training_curve|loss_by_epoch)\.(svg|png))$/;
  try {
    for await (const entry of Deno.readDir(runDir)) {
      if (ours.test(entry.name)) await Deno.remove(join(runDir, entry.name), { recursive: true });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What the run in a folder was computed with; undefined where the folder does not say so. */
export async function readRunDevice(runDir: string): Promise<RunDevice | undefined> {
  const text = await Deno.readTextFile(join(runDir, "run.json")).catch(() => "{}");
  let run: Partial<RunDevice> | null;
  try {
    run = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { device, variants } = run ?? {};
  return typeof device === "string" && typeof variants === "object" && variants !== null
    ? { device, variants }
    : undefined;
}

/** Writes what a run was started with, for people and for whoever repeats it. */
export async function writeRunFiles(config: Config, run: Record<string, unknown>): Promise<void> {
  const { runDir } = config.training;
  await Deno.mkdir(runDir, { recursive: true });
  await writeFileAtomic(
    join(runDir, "config.json"),
    `${JSON.stringify(formatConfigTree(config), null, 2)}\n`,
  );
  await writeFileAtomic(join(runDir, "run.json"), `${JSON.stringify(run, null, 2)}\n`);
}
