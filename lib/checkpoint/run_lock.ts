// One program per run folder. The lock belongs to the open file, so the system frees it however the program
// ends; the process id in the file only says who it is.

import { join } from "node:path";
import { EXIT_STATUS, UsageError } from "../common/errors.ts";

const LOCK_FILE = "run.lock";

/**
 * Locks a run folder until the result is disposed of or the process ends, however it ends.
 *
 * @param runDir - made if missing
 * @throws {UsageError} with exit status 5 when another program holds the lock, or 2 when the folder is no use
 *
 * @example
 * ```ts ignore
 * using _lock = openRunLock("data/runs/default");
 * ```
 */
export function openRunLock(runDir: string): Disposable {
  const file = openLockFile(runDir);
  try {
    if (!file.tryLockSync(true)) refuse(runDir, readPid(file));
    writePid(file, String(Deno.pid));
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    [Symbol.dispose](): void {
      // the file stays: removing it would let a third program lock a file that nobody else can see
      writePid(file, "");
      file.close();
    },
  };
}

/** Whether this process is the one that may write to a run folder. */
export function holdsRunLock(runDir: string): boolean {
  try {
    return Deno.readTextFileSync(join(runDir, LOCK_FILE)) === String(Deno.pid);
  } catch {
    return false; // no lock, or one of another process that lets nobody read it
  }
}

function openLockFile(runDir: string): Deno.FsFile {
  try {
    Deno.mkdirSync(runDir, { recursive: true });
    return Deno.openSync(join(runDir, LOCK_FILE), { read: true, write: true, create: true });
  } catch (error) {
    const reason = (error as Error).message;
    throw new UsageError(`Cannot use ${runDir} as a run folder: ${reason}; choose another`, { cause: error });
  }
}

function refuse(runDir: string, pid: string): never {
  const holder = /^\d+$/.test(pid) ? `pid ${pid}` : "another process";
  throw new UsageError(
    `Cannot use ${runDir}: the run is locked by ${holder}; wait for it to end or choose another run folder`,
    { exitStatus: EXIT_STATUS.locked },
  );
}

function readPid(file: Deno.FsFile): string {
  try {
    const bytes = new Uint8Array(32);
    const count = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count));
  } catch {
    return ""; // Windows lets nobody read a locked file
  }
}

function writePid(file: Deno.FsFile, text: string): void {
  file.truncateSync(0);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(text));
}
