// The flags of one command by name: its own, one for every key of the configuration it uses, aliases, and
// those every command has. Parsing (_arguments.ts) and help (_help.ts) both read this list.

import { type ConfigKey, configKeys } from "../lib/config/config.ts";
import type { CommandDeclaration, Flag } from "./command.ts";

/** One flag as it is parsed: a key of the configuration or a flag of the command. */
export type KnownFlag = { readonly key: ConfigKey } | { readonly own: Flag };

/** Flags every command has. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "debug", doc: "Show where an error arose" },
  { name: "help", doc: "Show this text and end" },
];

/** Flag of commands that read the configuration. */
export const CONFIG_FLAG: Flag = {
  name: "config",
  value: "FILE",
  doc: "Read this configuration file instead of sheepop.yaml, .yml, .toml or .json in the working directory",
};

/** Flags of a command that are no keys, in the order of its help. */
export function ownFlags(command: CommandDeclaration): readonly Flag[] {
  const config = command.settings ? [CONFIG_FLAG] : [];
  return [...command.flags ?? [], ...config, ...COMMON_FLAGS];
}

/** Keys of the configuration a command uses, in the order of its settings. */
export function settingsOf(command: CommandDeclaration): readonly ConfigKey[] {
  return (command.settings ?? []).flatMap((setting) => {
    const keys = configKeys().filter((key) => key.group === setting || key.key === setting);
    if (keys.length === 0) {
      throw new Error(`Internal: command ${command.name} names an unknown setting ${setting}`);
    }
    return keys;
  });
}

/**
 * The name a key's flag has in a command, without dashes.
 * Where several groups have the name, the short one belongs to the first of them in the command's settings.
 */
export function flagName(command: CommandDeclaration, key: ConfigKey): string {
  const first = settingsOf(command).find((candidate) => candidate.name === key.name);
  return first === key ? key.snakeName.replaceAll("_", "-") : key.flag;
}

/** The name that always means one key, without dashes: `model-d-model`. */
export function longFlagName(key: ConfigKey): string {
  return `${key.group}_${key.snakeName}`.replaceAll("_", "-");
}

/** Every name a command accepts, without dashes, and what it stands for. */
export function knownFlags(command: CommandDeclaration): Map<string, KnownFlag> {
  const known = new Map<string, KnownFlag>();
  for (const own of ownFlags(command)) known.set(own.name, { own });
  for (const key of settingsOf(command)) {
    known.set(flagName(command, key), { key });
    known.set(longFlagName(key), { key });
  }
  for (const [alias, name] of Object.entries(command.aliases ?? {})) {
    const flag = known.get(name);
    if (!flag) {
      throw new Error(`Internal: alias --${alias} of command ${command.name} names unknown flag --${name}`);
    }
    known.set(alias, flag);
  }
  return known;
}

/** The flag stands alone, without a value. */
export function isSwitch(flag: KnownFlag): boolean {
  return "key" in flag ? flag.key.field.is.type === "flag" : flag.own.value === undefined;
}

/** The flag may be given several times. */
export function isRepeatable(flag: KnownFlag): boolean {
  return "key" in flag ? flag.key.field.is.type === "textList" : flag.own.isRepeatable === true;
}
