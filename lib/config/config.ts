// The configuration of a run: its type, defaults and rules, read off the table in fields.ts.
// Knows nothing of files, environment or flags (load_config.ts). Imports no package, so mod.ts can reach it.

import { UsageError } from "../common/errors.ts";
import type { Field } from "./field.ts";
import { FIELDS } from "./fields.ts";
import { formatValue, valueProblem } from "./values.ts";

/** TypeScript type of the values of an entry of {@linkcode FIELDS}. */
export type FieldValue<F> = F extends { is: { type: "integer" | "number" } } ? number
  : F extends { is: { type: "flag" } } ? boolean
  : F extends { is: { choices: readonly (infer Choice)[] } } ? Choice
  : F extends { is: { type: "textList" } } ? string[]
  : string;

/**
 * Everything a run depends on, by group: `config.model.dModel`, `config.training.maxSteps`.
 * Each key's meaning, default, range and unit stand in docs/configuration.md.
 *
 * @example
 * ```ts
 * import { type Config, defaultConfig } from "@sheepop/sheepop";
 * import { assertEquals } from "@std/assert";
 *
 * const config: Config = defaultConfig();
 * assertEquals(config.model.dModel, 128);
 * assertEquals(config.data.paths, ["data/samples"]);
 * ```
 */
export type Config = {
  [Group in keyof typeof FIELDS]: {
    -readonly [Name in keyof (typeof FIELDS)[Group]]: FieldValue<(typeof FIELDS)[Group][Name]>;
  };
};

/** Name of a group of keys. */
export type ConfigGroup = keyof Config;

/** A value a key may hold. */
export type ConfigValue = number | boolean | string | string[];

/** One key and everything known about it. */
export interface ConfigKey {
  /** Group it belongs to. */
  readonly group: ConfigGroup;
  /** Name in TypeScript: `dModel`. */
  readonly name: string;
  /** Name in files and messages: `d_model`. */
  readonly snakeName: string;
  /** Group and name: `model.d_model`. */
  readonly key: string;
  /** Flag without dashes: `d-model`, or `training-seed` where two groups share the name. */
  readonly flag: string;
  /** The name occurs in this group only. */
  readonly isUnique: boolean;
  /** Sentence, type, default, range and unit. */
  readonly field: Field;
}

const KEYS = listKeys();

/**
 * Lists every key with its metadata, in the order of the table.
 *
 * @returns one entry a key, shared between callers and never changed
 */
export function configKeys(): readonly ConfigKey[] {
  return KEYS;
}

/**
 * A fresh configuration with every default.
 *
 * @example
 * ```ts
 * import { defaultConfig } from "@sheepop/sheepop";
 * import { assertNotEquals } from "@std/assert";
 *
 * const config = defaultConfig();
 * config.model.dModel = 256;
 * assertNotEquals(config, defaultConfig());
 * ```
 */
export function defaultConfig(): Config {
  const tree: Record<string, Record<string, ConfigValue>> = {};
  for (const { group, name, field } of KEYS) {
    tree[group] ??= {};
    tree[group][name] = copyValue(field.is.default);
  }
  return tree as unknown as Config;
}

/** Value of one key. */
export function configValue(config: Config, key: ConfigKey): ConfigValue {
  return (config as unknown as Record<string, Record<string, ConfigValue>>)[key.group][key.name];
}

/** Sets one key; lists are copied. The value must have been checked for this key. */
export function setConfigValue(config: Config, options: { key: ConfigKey; value: ConfigValue }): void {
  const { key, value } = options;
  (config as unknown as Record<string, Record<string, ConfigValue>>)[key.group][key.name] = copyValue(value);
}

/**
 * Checks every value and the rules between values.
 *
 * @param config - complete configuration
 * @param origins - where values came from by key, such as `flag --d-model`, named in the message when known
 * @throws {UsageError} naming the key, the rule and the value
 *
 * @example
 * ```ts
 * import { defaultConfig, UsageError, validateConfig } from "@sheepop/sheepop";
 * import { assertThrows } from "@std/assert";
 *
 * const config = defaultConfig();
 * validateConfig(config);
 * config.training.learningRate = -1;
 * assertThrows(() => validateConfig(config), UsageError, "training.learning_rate");
 * ```
 */
export function validateConfig(config: Config, origins?: ReadonlyMap<string, string>): void {
  for (const key of KEYS) {
    const value: unknown = (config as unknown as Record<string, Record<string, unknown>>)[key.group]
      ?.[key.name];
    const problem = valueProblem(key.field.is, value);
    if (problem) refuse(key.key, { value, problem, origin: origins?.get(key.key) });
  }
  refuseStrangers(config);
  checkRules(config, origins);
}

function refuseStrangers(config: Config): void {
  for (const [group, values] of Object.entries(config)) {
    const names = Object.hasOwn(FIELDS, group) ? FIELDS[group as ConfigGroup] : {};
    for (const name of Object.keys(values ?? {})) {
      if (!Object.hasOwn(names, name)) {
        throw new UsageError(`Cannot use the configuration: ${group}.${name} is not a key of it; remove it`);
      }
    }
  }
}

function checkRules(config: Config, origins?: ReadonlyMap<string, string>): void {
  const { model, training } = config;
  if (model.dModel % model.numHeads !== 0) {
    throw new UsageError(
      `Cannot split ${model.dModel} channels into ${model.numHeads} heads: model.d_model must be a ` +
        `multiple of model.num_heads; set model.d_model to ${
          nearestMultiple(model.dModel, model.numHeads)
        } or change num_heads`,
    );
  }
  if (training.schedule !== "constant" && training.minLearningRate > training.learningRate) {
    refuse("training.min_learning_rate", {
      value: training.minLearningRate,
      problem: `must be at most training.learning_rate, which is ${training.learningRate}; lower it`,
      origin: origins?.get("training.min_learning_rate"),
    });
  }
}

function refuse(key: string, options: { value: unknown; problem: string; origin?: string }): never {
  const { value, problem, origin } = options;
  const from = origin === undefined ? "" : ` (${origin})`;
  throw new UsageError(`Cannot use ${key} = ${formatValue(value)}${from}: it ${problem}`);
}

function nearestMultiple(value: number, of: number): number {
  return Math.max(of, Math.round(value / of) * of);
}

function listKeys(): ConfigKey[] {
  const groupsOf = new Map<string, number>();
  const pairs = Object.entries(FIELDS).flatMap(([group, fields]) =>
    Object.entries(fields as Record<string, Field>).map(([name, field]) => ({ group, name, field }))
  );
  for (const { name } of pairs) groupsOf.set(name, (groupsOf.get(name) ?? 0) + 1);
  return pairs.map(({ group, name, field }) => {
    const snakeName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const isUnique = groupsOf.get(name) === 1;
    const flag = (isUnique ? snakeName : `${group}_${snakeName}`).replaceAll("_", "-");
    return {
      group: group as ConfigGroup,
      name,
      snakeName,
      key: `${group}.${snakeName}`,
      flag,
      isUnique,
      field,
    };
  });
}

function copyValue(value: ConfigValue | readonly string[]): ConfigValue {
  return typeof value === "object" ? [...value] : value;
}
