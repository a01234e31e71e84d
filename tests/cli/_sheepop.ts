// Runs the real program in a folder of its own, for the tests of the command line.

import { fromFileUrl, join } from "@std/path";

const MAIN = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));

/** What a run of the program left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `sheepop` with arguments; settings of the calling environment do not reach it. */
export async function runSheepop(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("SHEEPOP_"));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", MAIN, ...args],
    cwd: options.cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Calls with a temporary folder that holds the files, and removes it. */
export async function withFolder(
  files: Readonly<Record<string, string>>,
  call: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    await call(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
