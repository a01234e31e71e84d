// Reads the arguments of one command, strictly: an unknown flag, a missing value, a flag given twice is an
// error. parseArgs of @std/cli cannot serve here: it takes `--stop ""` for a missing value, `--stop=` for a
// flag named "stop=", `--seed -5` for two flags, and unknown flags for values.

import { UsageError } from "../lib/common/errors.ts";
import { configKeys } from "../lib/config/config.ts";
import type { FlagText } from "../lib/config/load_config.ts";
import { didYouMean } from "../lib/config/nearest.ts";
import { formatValue, parseValue } from "../lib/config/values.ts";
import type { CommandDeclaration, Flag } from "./command.ts";
import { isRepeatable, isSwitch, type KnownFlag, knownFlags, longFlagName, ownFlags } from "./_flags.ts";

/** What was written after the command's name. */
export interface ParsedArguments {
  /** Values of the command's own flags by name: `true` for a switch, empty for an optional value left out. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  /** Text for keys of the configuration, by key. */
  readonly settings: Map<string, FlagText>;
  readonly positionals: readonly string[];
}

interface Written {
  /** As written: `--output`. */
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * Parses the arguments of a command.
 *
 * @param command - the command's declaration
 * @param args - everything after its name
 * @throws {UsageError} naming the flag, what is wrong and what to write
 */
export function parseArguments(command: CommandDeclaration, args: readonly string[]): ParsedArguments {
  const known = knownFlags(command);
  const own = new Map<string, string[]>();
  const settings = new Map<string, { source: string; texts: string[] }>();
  const positionals: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    if (argument === "--") {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (argument === "-" || !argument.startsWith("-")) {
      positionals.push(argument);
      continue;
    }
    const written = splitArgument(argument === "-h" ? "--help" : argument);
    const { flag, value, isNextTaken } = readFlag(command, { written, next: args[i + 1], known });
    if (isNextTaken) i++;
    if ("key" in flag) addSetting(settings, { key: flag.key.key, flag, source: written.name, value });
    else addOwn(own, { flag: flag.own, source: written.name, value });
  }
  if (!own.has("help")) checkTogether(command, { own, settings, known });
  return { own, settings, positionals: takePositionals(command, { positionals, settings, own }) };
}

/** A number flag's value. */
export function readNumber(flag: Flag, text: string): number {
  const type = { type: flag.kind === "integer" ? "integer" : "number", default: 0, min: 0, max: 0 } as const;
  const value = parseValue(type, text);
  const isFit = typeof value === "number" && Number.isFinite(value) && value >= (flag.min ?? -Infinity) &&
    (flag.kind !== "integer" || Number.isSafeInteger(value));
  if (isFit) return value;
  const rule = `${flag.kind === "integer" ? "an integer" : "a number"}${
    flag.min === undefined ? "" : ` of at least ${flag.min}`
  }`;
  throw new UsageError(`Cannot use --${flag.name} ${formatValue(text)}: it must be ${rule}`);
}

function splitArgument(argument: string): Written {
  const equals = argument.indexOf("=");
  return equals < 0
    ? { name: argument, value: undefined }
    : { name: argument.slice(0, equals), value: argument.slice(equals + 1) };
}

function readFlag(
  command: CommandDeclaration,
  options: { written: Written; next: string | undefined; known: ReadonlyMap<string, KnownFlag> },
): { flag: KnownFlag; value: string; isNextTaken: boolean } {
  const { written, next, known } = options;
  const { flag, isNegated } = findFlag(command, { written, known });
  if (isSwitch(flag)) {
    return { flag, value: readSwitch(written, { flag, isNegated }), isNextTaken: false };
  }
  if (written.value !== undefined) return { flag, value: written.value, isNextTaken: false };
  const hasNext = next !== undefined && (next === "-" || !next.startsWith("-"));
  if (hasNext) return { flag, value: next, isNextTaken: true };
  if ("own" in flag && flag.own.isValueOptional) return { flag, value: "", isNextTaken: false };
  if (next !== undefined && /^-[\d.]/.test(next)) {
    throw new UsageError(
      `Cannot read ${written.name} ${next}: a value beginning with a dash needs an equals sign; ` +
        `write ${written.name}=${next}`,
    );
  }
  throw new UsageError(
    `Cannot use ${written.name}: its value is missing; write ${written.name} ${valueName(flag)}`,
  );
}

function findFlag(
  command: CommandDeclaration,
  options: { written: Written; known: ReadonlyMap<string, KnownFlag> },
): { flag: KnownFlag; isNegated: boolean } {
  const { written, known } = options;
  const name = written.name.replace(/^--/, "");
  const flag = written.name.startsWith("--") ? known.get(name) : undefined;
  if (flag) return { flag, isNegated: false };
  const positive = name.startsWith("no-") ? known.get(name.slice("no-".length)) : undefined;
  if (positive && "key" in positive && isSwitch(positive)) return { flag: positive, isNegated: true };
  throw unknownFlag(command, { written, names: [...known.keys()] });
}

function unknownFlag(
  command: CommandDeclaration,
  options: { written: Written; names: readonly string[] },
): UsageError {
  const { written, names } = options;
  const start = `Cannot run sheepop ${command.name}: `;
  if (/^-[\d.]/.test(written.name)) {
    return new UsageError(
      `${start}${written.name} is read as a flag; write a negative value as --flag=${written.name}`,
    );
  }
  const name = written.name.replace(/^-+/, "");
  const elsewhere = configKeys().find((key) => [key.flag, longFlagName(key)].includes(name));
  const advice = elsewhere
    ? `, which sets ${elsewhere.key} for other commands; remove it`
    : didYouMean(name, names, { prefix: "--" }) || `; see sheepop ${command.name} --help`;
  return new UsageError(`${start}unknown flag ${showName(written.name)}${advice}`);
}

function readSwitch(written: Written, options: { flag: KnownFlag; isNegated: boolean }): string {
  const { flag, isNegated } = options;
  if (written.value === undefined) return isNegated ? "false" : "true";
  if ("key" in flag && !isNegated) return written.value;
  throw new UsageError(
    `Cannot use ${written.name}=${formatValue(written.value)}: ${written.name} takes no value`,
  );
}

function addSetting(
  settings: Map<string, { source: string; texts: string[] }>,
  options: { key: string; flag: KnownFlag; source: string; value: string },
): void {
  const { key, flag, source, value } = options;
  const earlier = settings.get(key);
  if (!earlier) settings.set(key, { source, texts: [value] });
  else if (isRepeatable(flag)) earlier.texts.push(value);
  else throw givenTwice(source, { earlier: earlier.source });
}

function addOwn(own: Map<string, string[]>, options: { flag: Flag; source: string; value: string }): void {
  const { flag, source, value } = options;
  const earlier = own.get(flag.name);
  if (!earlier) own.set(flag.name, [value]);
  else if (flag.isRepeatable) earlier.push(value);
  else if (flag.value !== undefined) throw givenTwice(source, { earlier: `--${flag.name}` });
}

function givenTwice(source: string, options: { earlier: string }): UsageError {
  const what = source === options.earlier ? "it is given twice" : `${options.earlier} sets the same`;
  return new UsageError(`Cannot use ${source}: ${what}; keep one`);
}

function checkTogether(
  command: CommandDeclaration,
  options: Pick<ParsedArguments, "own" | "settings"> & { known: ReadonlyMap<string, KnownFlag> },
): void {
  const { own, settings, known } = options;
  for (const flag of ownFlags(command)) {
    if (flag.isRequired && !own.has(flag.name)) {
      throw new UsageError(
        `Cannot run sheepop ${command.name}: --${flag.name} is required; add --${flag.name} ${flag.value}`,
      );
    }
    const conflict = own.has(flag.name) && flag.conflicts?.find((name) => {
      const other = known.get(name);
      return other && ("key" in other ? settings.has(other.key.key) : own.has(name));
    });
    if (conflict) throw new UsageError(`Cannot use --${flag.name}: --${conflict} is given too; keep one`);
  }
}

function takePositionals(
  command: CommandDeclaration,
  options: Pick<ParsedArguments, "own" | "settings" | "positionals">,
): readonly string[] {
  const { positionals, settings, own } = options;
  const { name, key, min, max } = command.positional ?? { name: "", key: undefined, min: 0, max: 0 };
  if (own.has("help")) return positionals;
  if (positionals.length > max) {
    const allowed = max === 0 ? "takes no arguments" : `takes at most ${max}`;
    throw new UsageError(
      `Cannot run sheepop ${command.name}: it ${allowed}, and ${
        formatValue(positionals[max])
      } is one too many; ` +
        `see sheepop ${command.name} --help`,
    );
  }
  if (positionals.length < (min ?? 0)) {
    throw new UsageError(
      `Cannot run sheepop ${command.name}: ${name} is missing; see sheepop ${command.name} --help`,
    );
  }
  if (key === undefined || positionals.length === 0) return positionals;
  const earlier = settings.get(key);
  const texts = [...positionals, ...earlier?.texts ?? []];
  settings.set(key, { source: `argument ${name}`, texts });
  return [];
}

function valueName(flag: KnownFlag): string {
  return "own" in flag ? flag.own.value ?? "" : "VALUE";
}

function showName(name: string): string {
  return /^[\w.-]{1,80}$/.test(name) ? name : formatValue(name);
}
