// Puts the configuration together: defaults < file < environment (and .env) < flags, remembering for every
// value where it came from. Knows nothing of commands; the flags arrive as text by key.

import { join } from "node:path";
import { parseEnv } from "node:util";
import { UsageError } from "../common/errors.ts";
import {
  type Config,
  type ConfigGroup,
  type ConfigKey,
  configKeys,
  type ConfigValue,
  defaultConfig,
  setConfigValue,
  validateConfig,
} from "./config.ts";
import { CONFIG_ENDINGS, readConfigFile, readSmallText } from "./config_file.ts";
import { readConfigTree } from "./config_tree.ts";
import { didYouMean } from "./nearest.ts";
import { formatValue, parseValue, valueProblem } from "./values.ts";
import { RESERVED_VARIABLES, variableNames } from "./variables.ts";

/** A `.env` file is a few lines. */
const MAX_ENV_BYTES = 65_536;

/** What was written on the command line for one key. */
export interface FlagText {
  /** How messages and origins call it: `--d-model`, or `argument PATH`. */
  readonly source: string;
  /** Values in the order written; more than one only for lists. */
  readonly texts: readonly string[];
}

/** Where the values come from. */
export interface ConfigSources {
  /** Text of flags by key: `model.d_model`. */
  readonly flags?: ReadonlyMap<string, FlagText>;
  /** Environment variables; none where left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder searched for `sheepop.yaml|.yml|.toml|.json` and `.env`; neither is read where left out. */
  readonly cwd?: string;
  /** Configuration file to read instead of searching, from `--config`. */
  readonly file?: string;
  /** Starts from this configuration instead of the defaults, such as the one a checkpoint holds. */
  readonly base?: Config;
  /** What the origin of the base's values is called; `checkpoint` where left out. */
  readonly baseOrigin?: string;
  /** Takes file, environment and flags for these groups only; the others are checked and stay the base's. */
  readonly groups?: readonly ConfigGroup[];
}

/** A complete, validated configuration and the origin of every key. */
export interface LoadedConfig {
  readonly config: Config;
  /** By key: `default`, `file sheepop.yaml`, `environment SHEEPOP_D_MODEL`, `flag --d-model`. */
  readonly origins: Map<string, string>;
}

interface Setting {
  readonly value: ConfigValue;
  readonly origin: string;
}

/**
 * Loads the configuration from every source.
 *
 * @returns the validated configuration with the origin of each key
 * @throws {UsageError} for an unknown key or variable, a value outside its range, or a broken rule
 */
export async function loadConfig(sources: ConfigSources = {}): Promise<LoadedConfig> {
  const config = structuredClone(sources.base ?? defaultConfig());
  const start = sources.base ? sources.baseOrigin ?? "checkpoint" : "default";
  const origins = new Map(configKeys().map((key) => [key.key, start]));
  const env = await readEnvironment(sources);
  const layers = [
    await readFileLayer(sources, env),
    readEnvironmentLayer(env),
    readFlagLayer(sources.flags ?? new Map()),
  ];
  for (const layer of layers) {
    for (const [key, { value, origin }] of layer) {
      if (sources.groups && !sources.groups.includes(key.group)) continue;
      setConfigValue(config, { key, value });
      origins.set(key.key, origin);
    }
  }
  validateConfig(config, origins);
  return { config, origins };
}

async function readFileLayer(
  sources: ConfigSources,
  env: ReadonlyMap<string, Setting>,
): Promise<Map<ConfigKey, Setting>> {
  const named = sources.file ?? (env.get("SHEEPOP_CONFIG")?.value as string | undefined);
  const source = named ?? await findConfigFile(sources.cwd);
  if (source === undefined) return new Map();
  const path = named ?? join(sources.cwd ?? ".", source);
  const values = readConfigTree(await readConfigFile(path, source), source);
  return new Map([...values].map(([key, value]) => [key, { value, origin: `file ${source}` }]));
}

async function findConfigFile(cwd: string | undefined): Promise<string | undefined> {
  if (cwd === undefined) return undefined;
  const found: string[] = [];
  for (const name of CONFIG_ENDINGS.map((ending) => `sheepop${ending}`)) {
    if (await exists(join(cwd, name))) found.push(name);
  }
  if (found.length > 1) {
    throw new UsageError(
      `Cannot choose a configuration: ${found.join(" and ")} are here and only one is read; ` +
        "remove the others or name one with --config",
    );
  }
  return found[0];
}

// Variables of the process win over .env, as everywhere.
async function readEnvironment(sources: ConfigSources): Promise<Map<string, Setting>> {
  const variables = new Map<string, Setting>();
  const path = sources.cwd === undefined ? undefined : join(sources.cwd, ".env");
  if (path !== undefined && await exists(path)) {
    const text = await readSmallText(path, { source: ".env", maxBytes: MAX_ENV_BYTES });
    for (const [name, value] of Object.entries(parseEnv(text))) {
      if (value !== undefined) variables.set(name, { value, origin: `environment ${name} (.env)` });
    }
  }
  for (const [name, value] of Object.entries(sources.env ?? {})) {
    variables.set(name, { value, origin: `environment ${name}` });
  }
  return variables;
}

function readEnvironmentLayer(variables: ReadonlyMap<string, Setting>): Map<ConfigKey, Setting> {
  const names = variableNames();
  const layer = new Map<ConfigKey, Setting>();
  for (const [name, { value, origin }] of variables) {
    if (!name.startsWith("SHEEPOP_") || RESERVED_VARIABLES.includes(name)) continue;
    const key = names.get(name);
    if (!key) throw unknownVariable(name, [...names.keys()]);
    if (layer.has(key)) {
      throw new UsageError(
        `Cannot use ${name}: ${key.key} is set by ${layer.get(key)?.origin} too; remove one`,
      );
    }
    layer.set(key, { value: parseVariable(key, { name, text: value as string }), origin });
  }
  return layer;
}

function unknownVariable(name: string, names: readonly string[]): UsageError {
  const shared = names.filter((known) => known.endsWith(name.slice("SHEEPOP".length)));
  const advice = shared.length > 0
    ? `; several groups have it: ${shared.join(" or ")}`
    : didYouMean(name, [...names, ...RESERVED_VARIABLES]) || "; remove it";
  return new UsageError(`Cannot use the environment: ${name} is not a setting of sheepop${advice}`);
}

function parseVariable(key: ConfigKey, options: { name: string; text: string }): ConfigValue {
  const { name, text } = options;
  const type = key.field.is;
  let value = parseValue(type, text);
  if (type.type === "textList" && text.startsWith("[")) {
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new UsageError(
        `Cannot use ${name} = ${formatValue(text)}: a list of several texts is written as JSON, ["a", "b"]`,
        { cause },
      );
    }
  }
  return check(key, { value, written: `${name} = ${formatValue(text)}` });
}

function readFlagLayer(flags: ReadonlyMap<string, FlagText>): Map<ConfigKey, Setting> {
  const layer = new Map<ConfigKey, Setting>();
  for (const key of configKeys()) {
    const flag = flags.get(key.key);
    if (!flag || flag.texts.length === 0) continue;
    const { source, texts } = flag;
    const type = key.field.is;
    const value = type.type === "textList"
      ? texts.flatMap((text) => parseValue(type, text) as string[])
      : parseValue(type, texts[0]);
    const origin = source.startsWith("-") ? `flag ${source}` : source;
    layer.set(key, {
      value: check(key, { value, written: `${source} ${texts.map(formatValue).join(" ")}` }),
      origin,
    });
  }
  return layer;
}

function check(key: ConfigKey, options: { value: unknown; written: string }): ConfigValue {
  const { value, written } = options;
  const problem = valueProblem(key.field.is, value);
  if (problem) throw new UsageError(`Cannot use ${written}: ${key.key} ${problem}${defaultHint(key)}`);
  return value as ConfigValue;
}

function defaultHint(key: ConfigKey): string {
  const { is } = key.field;
  return is.type === "textList" || is.type === "text" ? "" : `; the default is ${is.default}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
