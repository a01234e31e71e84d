// The part of `@std/toml` that sheepop uses, over the npm package `smol-toml`, for machines where JSR does not answer.
// Stricter than the original: a key that stands twice and an integer past 2^53 are errors.

import * as toml from "smol-toml";

/**
 * Parses a TOML document.
 *
 * @param tomlString the document
 * @returns its tables as plain objects
 * @throws {SyntaxError} when the text is not TOML
 */
export function parse(tomlString: string): Record<string, unknown> {
  try {
    return toml.parse(tomlString);
  } catch (error) {
    throw new SyntaxError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Formats an object as TOML.
 *
 * @param obj the object
 * @returns the text
 */
export function stringify(obj: Record<string, unknown>): string {
  return toml.stringify(obj);
}
