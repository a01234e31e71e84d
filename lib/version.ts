// Version of sheepop, as in deno.json.

import manifest from "../deno.json" with { type: "json" };

/**
 * Version of sheepop.
 *
 * @example
 * ```ts
 * import { VERSION } from "@sheepop/sheepop";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(VERSION, /^\d+\.\d+\.\d+/);
 * ```
 */
export const VERSION: string = manifest.version;
