// The `sheepop` program: finds the command, hands it its arguments, turns errors into a line and an exit
// status.

import deno from "../deno.json" with { type: "json" };
import { EXIT_STATUS, UsageError } from "../lib/common/errors.ts";
import { PARSE_COMMAND } from "../lib/ingest/parse_lines.ts";
import { didYouMean } from "../lib/config/nearest.ts";
import type { ParsedArguments } from "./_arguments.ts";
import { plainText } from "./_columns.ts";
import { COMMANDS } from "./_commands.ts";
import type { Command, CommandCall, CommandEntry } from "./command.ts";
import { OutputClosed, print } from "./print.ts";

/**
 * Runs one command line.
 *
 * @param args - everything after the program's name
 * @param commands - table of commands
 * @returns exit status
 */
export async function main(
  args: readonly string[],
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<number> {
  try {
    return await dispatch(args, commands);
  } catch (error) {
    return reportError(error, { isDebug: args.includes("--debug") });
  }
}

async function dispatch(args: readonly string[], commands: readonly CommandEntry[]): Promise<number> {
  const [name, ...rest] = args[0] === "help" ? [...args.slice(1, 2), "--help"] : args;
  if (name === undefined || name === "--help" || name === "-h") {
    const { formatHelp } = await import("./_help.ts");
    print(formatHelp(commands));
    return EXIT_STATUS.success;
  }
  if (name === "--version" || name === "-V") {
    print(`sheepop ${deno.version} (Deno ${Deno.version.deno}, ${Deno.build.target})\n`);
    return EXIT_STATUS.success;
  }
  if (name === PARSE_COMMAND) return await parseAsChild();
  const entry = commands.find((candidate) => candidate.name === name);
  if (!entry) throw unknownCommand(name, commands);
  return await runCommand(await entry.load(), rest);
}

/** The compiled program as a parsing child: it starts with all permissions and gives up those it does not need. */
async function parseAsChild(): Promise<number> {
  for (const name of ["write", "net", "env", "sys", "run", "ffi", "import"] as const) {
    Deno.permissions.revokeSync({ name });
  }
  const { runParseChild } = await import("../lib/ingest/parse_child.ts");
  await runParseChild();
  return EXIT_STATUS.success;
}

function unknownCommand(name: string, commands: readonly CommandEntry[]): UsageError {
  const what = name.startsWith("-")
    ? "a command comes first, and this is a flag"
    : "there is no such command";
  const names = commands.map((command) => command.name);
  const advice = didYouMean(name.replace(/^-+/, ""), names) || "; see sheepop --help";
  return new UsageError(`Cannot run sheepop ${name}: ${what}${advice}`);
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const { parseArguments } = await import("./_arguments.ts");
  const parsed = parseArguments(command, args);
  if (parsed.own.has("help")) {
    const { formatCommandHelp } = await import("./_help.ts");
    print(formatCommandHelp(command));
    return EXIT_STATUS.success;
  }
  for (const { name, notice } of command.flags ?? []) {
    if (notice !== undefined && parsed.own.has(name)) console.error(`sheepop: --${name}: ${notice}`);
  }
  return await command.run(await openCall(command, parsed)) ?? EXIT_STATUS.success;
}

async function openCall(command: Command, parsed: ParsedArguments): Promise<CommandCall> {
  const { ownFlags } = await import("./_flags.ts");
  const { readNumber } = await import("./_arguments.ts");
  const flags = new Map(ownFlags(command).map((flag) => [flag.name, flag]));
  // Numbers are read here, so that a wrong one is refused before the command begins.
  const numbers = new Map<string, number>();
  for (const [name, values] of parsed.own) {
    const flag = flags.get(name);
    if (flag?.kind === "integer" || flag?.kind === "number") numbers.set(name, readNumber(flag, values[0]));
  }
  function valuesOf(name: string): readonly string[] {
    if (!flags.has(name)) throw new Error(`Internal: command ${command.name} has no flag --${name}`);
    return parsed.own.get(name) ?? [];
  }
  return {
    positionals: parsed.positionals,
    isDebug: parsed.own.has("debug"),
    isSet: (name) => valuesOf(name).length > 0,
    text: (name) => valuesOf(name)[0],
    texts: valuesOf,
    number: (name) => valuesOf(name).length > 0 ? numbers.get(name) : undefined,
    loadConfig: async (options = {}) => {
      const { loadConfig } = await import("../lib/config/load_config.ts");
      const file = parsed.own.get("config")?.[0];
      return await loadConfig({
        ...options,
        flags: parsed.settings,
        env: Deno.env.toObject(),
        cwd: Deno.cwd(),
        file,
      });
    },
  };
}

function reportError(error: unknown, options: { isDebug: boolean }): number {
  if (error instanceof OutputClosed) return EXIT_STATUS.success;
  const message = plainText(error instanceof Error ? error.message : String(error));
  if (options.isDebug) console.error(error instanceof Error ? error.stack : error);
  if (error instanceof UsageError) {
    console.error(`sheepop: ${message}`);
    return error.exitStatus;
  }
  if (error instanceof Deno.errors.NotCapable) {
    console.error(`sheepop: Cannot continue without permission: ${message}`);
    return EXIT_STATUS.failure;
  }
  console.error(`sheepop: internal error: ${message}`);
  if (!options.isDebug) console.error("sheepop: add --debug to see where it arose");
  return EXIT_STATUS.failure;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
