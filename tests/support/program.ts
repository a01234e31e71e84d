// Runs the real program, with the permissions it is shipped with, in a folder of its own.

import { dirname, fromFileUrl, join, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** What a run of the program left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  /** Added to the environment, from which settings of sheepop are taken out. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program that starts ours, with its arguments. */
  readonly wrapper?: readonly string[];
}

/** Runs `sheepop` with arguments to its end. */
export async function runProgram(args: readonly string[], options: ProgramOptions): Promise<Outcome> {
  const { code, stdout, stderr } = await programCommand(args, options).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A program that is running. */
export interface RunningProgram {
  readonly process: Deno.ChildProcess;
  /** Waits until standard output holds the text. @throws {Error} when the program ends before */
  sees(text: string): Promise<void>;
  /** Waits for the end. */
  ends(): Promise<Outcome>;
}

/** Starts `sheepop` with arguments. */
export function startProgram(
  args: readonly string[],
  options: ProgramOptions & {
    /** False closes standard output at once, as a reader that went away. */
    readonly readsOutput?: boolean;
  },
): RunningProgram {
  const process = programCommand(args, options).spawn();
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const collect = async (name: "stdout" | "stderr") => {
    if (name === "stdout" && options.readsOutput === false) return await process.stdout.cancel();
    for await (const text of process[name].pipeThrough(new TextDecoderStream())) {
      output[name] += text;
      for (const look of waiting) look();
    }
  };
  const collected = Promise.all([collect("stdout"), collect("stderr")]);
  return {
    process,
    sees(text): Promise<void> {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (!output.stdout.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        collected.then(() => {
          if (waiting.has(look)) {
            reject(new Error(`ended without ${text}:\n${output.stdout}${output.stderr}`));
          }
        });
      });
    },
    async ends(): Promise<Outcome> {
      const { code } = await process.status;
      await collected;
      return { code, ...output };
    },
  };
}

function programCommand(args: readonly string[], options: ProgramOptions): Deno.Command {
  const { cwd, env, wrapper = [] } = options;
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("SHEEPOP_"));
  const config = ["--config", join(ROOT, "deno.json")];
  const line = [
    ...wrapper,
    Deno.execPath(),
    ...["run", "-q", "-P", "--no-prompt", ...config, join(ROOT, "cli/main.ts"), ...args],
  ];
  return new Deno.Command(line[0], {
    args: line.slice(1),
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Calls with a temporary folder that holds the files, and removes it. */
export async function withFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  call: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sheepop-test-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(join(folder, name), content);
      else await Deno.writeFile(join(folder, name), content);
    }
    await call(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every file below a folder by its path, with size and time of change; links and folders have none. */
export async function listTree(folder: string): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  const walk = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const child = join(path, name);
      const { size, mtime, isFile } = await Deno.lstat(child);
      const key = relative(folder, child) + (isDirectory ? "/" : "");
      tree.set(key, isFile ? `${size} ${mtime?.toISOString()}` : "");
      if (isDirectory) await walk(child);
    }
  };
  await walk(folder);
  return new Map([...tree].sort(([a], [b]) => a < b ? -1 : 1));
}
