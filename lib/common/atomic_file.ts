// Files and folders that appear whole or not at all: write beside the target, sync, rename, sync the parent.
// A reader, a crash or a power cut in between sees the old state or the new one, never a mixture.

import { basename, dirname, join } from "node:path";

const STAGING_PREFIX = ".staging-";
const LOCK_FILE = ".lock";

/** A temporary folder that becomes the target by one rename, or disappears. */
export interface StagingFolder extends AsyncDisposable {
  /** Where to write; plain files only, no folders inside. */
  readonly path: string;
  /**
   * Syncs every file, then renames the folder to `name` inside the parent, replacing what is there.
   *
   * @returns path of the finished folder
   */
  commit(name: string): Promise<string>;
}

/**
 * Replaces a file in one step.
 *
 * @param path - the target; its folder must exist
 * @param data - the whole new content
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    await Deno.writeFile(temporary, bytes, { createNew: true });
    await syncPath(temporary);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncPath(dirname(path));
}

/**
 * Opens a temporary folder inside `parent` and holds the parent's lock until it is disposed of, so that two
 * processes never write there at once. What a killed process left behind is removed first.
 *
 * @param parent - made if missing
 */
export async function openStagingFolder(parent: string): Promise<StagingFolder> {
  await Deno.mkdir(parent, { recursive: true });
  const lock = await Deno.open(join(parent, LOCK_FILE), { create: true, write: true });
  try {
    await lock.lock(true);
    await removeStaleFolders(parent);
    const path = await Deno.makeTempDir({ dir: parent, prefix: STAGING_PREFIX });
    return {
      path,
      commit: (name) => commitFolder(path, join(parent, name)),
      async [Symbol.asyncDispose](): Promise<void> {
        await Deno.remove(path, { recursive: true }).catch(() => {});
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Makes the operating system write a file's or folder's own data to the disk.
 * Where folders cannot be opened (Windows) a folder is left to the system.
 */
export async function syncPath(path: string): Promise<void> {
  const isFolder = (await Deno.stat(path)).isDirectory;
  if (isFolder && Deno.build.os === "windows") return;
  using file = await Deno.open(path, { read: true, write: !isFolder });
  await file.sync();
}

async function removeStaleFolders(parent: string): Promise<void> {
  for await (const entry of Deno.readDir(parent)) {
    if (entry.name.startsWith(STAGING_PREFIX)) {
      await Deno.remove(join(parent, entry.name), { recursive: true });
    }
  }
}

async function commitFolder(path: string, target: string): Promise<string> {
  for await (const entry of Deno.readDir(path)) await syncPath(join(path, entry.name));
  await syncPath(path);
  // makeTempDir lets only the owner in; the finished folder is as readable as its parent
  if (Deno.build.os !== "windows") await Deno.chmod(path, (await Deno.stat(dirname(target))).mode! & 0o777);
  await Deno.remove(target, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.rename(path, target);
  await syncPath(dirname(target));
  return target;
}
