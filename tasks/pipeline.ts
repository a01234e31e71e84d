// `deno task pipeline`: ingest, tokenize, train and plot, one after the other, each the command itself. Flags set keys
// of the configuration; the four commands know different ones, so the flags become one file that all four read.

import { fromFileUrl, join } from "@std/path";

/** What runs, in this order. */
export const STAGES: readonly string[] = ["ingest", "tokenize", "train", "plot"];

/** Runs one command line of sheepop and resolves to its exit status. */
export type RunCommand = (
  args: readonly string[],
  options?: { readonly isSilent?: boolean },
) => Promise<number>;

/**
 * Runs the stages with one configuration and ends at the first that fails.
 *
 * @param flags - flags that set keys of the configuration
 * @param run - runs one command
 * @returns exit status of the last command that ran
 */
export async function runPipeline(flags: readonly string[], run: RunCommand): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-pipeline-" });
  try {
    const file = join(folder, "pipeline.yaml");
    const status = await run(["config", "init", file, ...flags], { isSilent: true });
    if (status !== 0) return status;
    for (const stage of STAGES) {
      const status = await run([stage, "--config", file]);
      if (status !== 0) return status;
    }
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runSheepop(
  args: readonly string[],
  options: { readonly isSilent?: boolean } = {},
): Promise<number> {
  const root = fromFileUrl(new URL("..", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-P",
      "--no-prompt",
      "--config",
      join(root, "deno.json"),
      join(root, "cli/main.ts"),
      ...args,
    ],
    stdin: "inherit",
    stdout: options.isSilent ? "null" : "inherit",
    stderr: "inherit",
  });
  const child = command.spawn();
  // A Ctrl-C reaches the command by itself; it ends in its own way, and this process waits for it.
  const ignore = (): void => {};
  const pass = (): void => child.kill("SIGTERM");
  Deno.addSignalListener("SIGINT", ignore);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", pass);
  const { code } = await child.status;
  Deno.removeSignalListener("SIGINT", ignore);
  if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", pass);
  return code;
}

if (import.meta.main) Deno.exit(await runPipeline(Deno.args, runSheepop));
