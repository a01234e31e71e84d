// The configuration as config.json of a checkpoint: with the keys of a configuration file, to be used as one.

import {
  type Config,
  configKeys,
  type ConfigValue,
  configValue,
  defaultConfig,
  setConfigValue,
  validateConfig,
} from "../config/config.ts";
import { UsageError } from "../common/errors.ts";

/** Formats a configuration with the snake_case keys of its files. */
export function formatConfigJson(config: Config): string {
  const tree: Record<string, Record<string, ConfigValue>> = {};
  for (const key of configKeys()) {
    tree[key.group] ??= {};
    tree[key.group][key.snakeName] = configValue(config, key);
  }
  return JSON.stringify(tree, null, 2) + "\n";
}

/**
 * Parses and validates a stored configuration. A key that is younger than the file takes its default.
 *
 * @throws {UsageError} when a key is unknown or a value does not fit
 */
export function parseConfigJson(text: string): Config {
  const config = defaultConfig();
  const keys = new Map(configKeys().map((key) => [`${key.group}.${key.snakeName}`, key]));
  for (const [group, values] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
    if (typeof values !== "object" || values === null) {
      throw new UsageError(`Cannot use the configuration: ${group} is not a group of keys`);
    }
    for (const [name, value] of Object.entries(values)) {
      const key = keys.get(`${group}.${name}`);
      if (!key) {
        throw new UsageError(`Cannot use the configuration: ${group}.${name} is not a key of it`);
      }
      setConfigValue(config, { key, value });
    }
  }
  validateConfig(config);
  return config;
}
