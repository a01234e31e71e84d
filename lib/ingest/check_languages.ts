// Which words data.languages takes.

import { UsageError } from "../common/errors.ts";
import { didYouMean } from "../config/nearest.ts";
import { LANGUAGES } from "./guess_language.ts";

/** Stands for documents of which the language is not sure. */
export const UNSURE = "unsure";

/**
 * Checks `data.languages` before a run.
 *
 * @throws {UsageError} when a word of it is no language that can be told
 */
export function checkLanguages(languages: readonly string[]): void {
  const known = [...LANGUAGES, UNSURE];
  for (const language of languages) {
    if (known.includes(language)) continue;
    throw new UsageError(
      `Cannot keep texts in the language "${language}": data.languages takes ${known.join(", ")}${
        didYouMean(language, known)
      }`,
    );
  }
}
