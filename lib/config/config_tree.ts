// A configuration as a tree of plain values with snake_case names, the form of every file: read with each key
// checked, and written. Knows nothing of YAML, TOML or JSON text.

import { UsageError } from "../common/errors.ts";
import {
  type Config,
  type ConfigKey,
  configKeys,
  type ConfigValue,
  configValue,
  defaultConfig,
  setConfigValue,
  validateConfig,
} from "./config.ts";
import { FIELDS, GROUP_DOCS } from "./fields.ts";
import { KEY_ALIASES, REFUSED_KEYS } from "./key_aliases.ts";
import { didYouMean } from "./nearest.ts";
import { formatValue, replaceAlias, valueProblem } from "./values.ts";

/**
 * Reads a tree such as `{ model: { d_model: 128 } }`.
 *
 * @param tree - parsed file, of any shape
 * @param source - what messages call it: `sheepop.yaml`
 * @returns the values it sets, by key
 * @throws {UsageError} for an unknown key, naming the nearest; for a wrong type or range; for a key set twice
 */
export function readConfigTree(tree: unknown, source: string): Map<ConfigKey, ConfigValue> {
  const values = new Map<ConfigKey, ConfigValue>();
  // A file with comments only is empty and sets nothing.
  if (tree === null || tree === undefined) return values;
  for (const [name, value] of entriesOf(tree, { source, what: "the file" })) {
    if (Object.hasOwn(FIELDS, name)) {
      if (value === null) continue;
      for (const [key, inner] of entriesOf(value, { source, what: name })) {
        addValue(values, { path: `${name}.${key}`, value: inner, source });
      }
    } else {
      addValue(values, { path: name, value, source });
    }
  }
  return values;
}

/**
 * A whole configuration from a tree, defaults where the tree is silent.
 *
 * @throws {UsageError} as `readConfigTree`, and for rules between values
 */
export function parseConfigTree(tree: unknown, source: string): Config {
  const config = defaultConfig();
  for (const [key, value] of readConfigTree(tree, source)) setConfigValue(config, { key, value });
  validateConfig(config);
  return config;
}

/** Every value as a tree with snake_case names, ready for `JSON.stringify`. */
export function formatConfigTree(config: Config): Record<string, Record<string, ConfigValue>> {
  const tree: Record<string, Record<string, ConfigValue>> = {};
  for (const key of configKeys()) {
    tree[key.group] ??= {};
    tree[key.group][key.snakeName] = configValue(config, key);
  }
  return tree;
}

function entriesOf(value: unknown, options: { source: string; what: string }): [string, unknown][] {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)) {
    return Object.entries(value);
  }
  const { source, what } = options;
  throw new UsageError(
    `Cannot read ${source}: ${what} must hold keys with values, such as ` +
      `${what === "the file" ? "model: and below it d_model: 256" : "d_model: 256"}, and is ${
        formatValue(value)
      }`,
  );
}

function addValue(
  values: Map<ConfigKey, ConfigValue>,
  options: { path: string; value: unknown; source: string },
): void {
  const { path, source } = options;
  const key = findKey(path, source);
  const type = key.field.is;
  let value = replaceAlias(type, options.value);
  // An alias names one folder where the key is a list.
  if (key.key !== path && type.type === "textList" && typeof value === "string") value = [value];
  const problem = valueProblem(type, value);
  if (problem) {
    throw new UsageError(
      `Cannot use ${path} = ${formatValue(value)} in ${source}: it ${problem}; ` +
        `the default is ${formatDefault(type.default)}`,
    );
  }
  if (values.has(key)) {
    throw new UsageError(`Cannot read ${source}: it sets ${key.key} twice, once as ${path}; keep one`);
  }
  values.set(key, value as ConfigValue);
}

function findKey(path: string, source: string): ConfigKey {
  if (Object.hasOwn(REFUSED_KEYS, path)) {
    throw new UsageError(`Cannot use ${path} in ${source}: ${REFUSED_KEYS[path]}`);
  }
  const name = Object.hasOwn(KEY_ALIASES, path) ? KEY_ALIASES[path] : path;
  const key = configKeys().find((candidate) => candidate.key === name);
  if (key) return key;
  throw new UsageError(`Cannot read ${source}: unknown key ${showName(path)}${suggestKey(path)}`);
}

// Within its group first, then the same name in another group, then anything near.
function suggestKey(path: string): string {
  const keys = configKeys();
  const dot = path.indexOf(".");
  if (dot < 0) {
    const sameName = keys.filter((key) => key.snakeName === path).map((key) => key.key);
    if (sameName.length > 0) return `; it belongs to a group: ${sameName.join(" or ")}`;
    return didYouMean(path, Object.keys(GROUP_DOCS)) || didYouMean(path, keys.map((key) => key.key));
  }
  const group = path.slice(0, dot);
  const name = path.slice(dot + 1);
  const elsewhere = keys.filter((key) => key.snakeName === name).map((key) => key.key);
  if (elsewhere.length > 0) return `; did you mean ${elsewhere.join(" or ")}?`;
  const inGroup = keys.filter((key) => key.group === group);
  const near = didYouMean(name, inGroup.map((key) => key.snakeName), { prefix: `${group}.` });
  return near || didYouMean(path, keys.map((key) => key.key)) ||
    `; ${group} has ${inGroup.map((key) => key.snakeName).join(", ")}`;
}

function formatDefault(value: ConfigKey["field"]["is"]["default"]): string {
  return typeof value === "object" ? JSON.stringify(value) : formatValue(value);
}

// Names come from a file: bounded and free of control characters in a message.
function showName(name: string): string {
  return /^[\w.-]{1,80}$/.test(name) ? name : formatValue(name);
}
