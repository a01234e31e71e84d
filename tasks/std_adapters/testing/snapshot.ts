// The part of `@std/testing/snapshot` that sheepop's tests use, over the snapshots built into `deno test`,
// which read and write the same files.

/** Options of {@link assertSnapshot}. */
export interface SnapshotOptions<T = unknown> {
  /** Folder of the snapshot file, relative to the test file. */
  dir?: string;
  /** Snapshot file, relative to the test file. */
  path?: string;
  /** Name of the snapshot. */
  name?: string;
  /** What a failure says. */
  msg?: string;
  /** Turns the value into text. */
  serializer?: (actual: T) => string;
}

/**
 * Fails unless the value equals the one kept in the snapshot file; `deno test --update-snapshots` keeps it anew.
 *
 * @param context the test's context
 * @param actual the value
 * @param msgOrOpts what a failure says, or options
 */
export async function assertSnapshot<T>(
  context: Deno.TestContext,
  actual: T,
  msgOrOpts?: string | SnapshotOptions<T>,
): Promise<void> {
  if (typeof msgOrOpts === "string") await context.assertSnapshot(actual, msgOrOpts);
  else await context.assertSnapshot(actual, msgOrOpts);
}
