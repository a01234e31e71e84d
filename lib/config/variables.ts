// Names of environment variables: which key each one sets, and which are no keys.

import { type ConfigKey, configKeys } from "./config.ts";

/** Variables that begin with SHEEPOP_ and are not keys of the configuration. */
export const RESERVED_VARIABLES: readonly string[] = [
  "SHEEPOP_REQUIRE_GPU",
  "SHEEPOP_DENO",
  "SHEEPOP_CONFIG",
];

/** Every variable that sets a key: `SHEEPOP_MODEL_D_MODEL`, and `SHEEPOP_D_MODEL` where it is unique. */
export function variableNames(): Map<string, ConfigKey> {
  const names = new Map<string, ConfigKey>();
  for (const key of configKeys()) {
    const name = key.snakeName.toUpperCase();
    names.set(`SHEEPOP_${key.group.toUpperCase()}_${name}`, key);
    if (key.isUnique) names.set(`SHEEPOP_${name}`, key);
  }
  return names;
}
