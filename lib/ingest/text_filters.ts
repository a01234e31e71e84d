// Measures of a text by which low quality can be left out: how much of it repeats and how much of it is no word. After the
// filters of Gopher (Rae et al. 2021, https://arxiv.org/abs/2112.11446, table A1), each brought to one share.

import { wordHashes } from "./_word_hashes.ts";

/** Words of a run that counts as repeated when it came before. */
const RUN = 10;
/** Words that are looked at: a set of more of them takes more memory than the text. */
const MOST_WORDS = 1_000_000;

/**
 * Share of a text that came before in it: characters of lines that stood there already, or words of runs of ten that did,
 * whichever is more; runs of the first million words. Prose has below 0.1; Gopher drops from 0.1 (runs) and 0.2 (lines).
 *
 * @param text - a finished document
 * @returns 0 to 1
 */
export function repetitionShare(text: string): number {
  return Math.max(repeatedLines(text), repeatedRuns(text));
}

/**
 * Share of characters, white space aside, that are neither letters nor marks nor digits. Prose has 0.02 to 0.06, code 0.2 to 0.4.
 *
 * @param text - a finished document
 * @returns 0 to 1; 0 for a text of white space
 */
export function symbolShare(text: string): number {
  let symbols = 0;
  let shown = 0;
  for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]+/gu)) {
    const [run] = match;
    shown += run.length;
    if (!/^[\p{L}\p{M}\p{N}]/u.test(run)) symbols += run.length;
  }
  return shown === 0 ? 0 : symbols / shown;
}

function repeatedLines(text: string): number {
  const seen = new Set<string>();
  let all = 0;
  let repeated = 0;
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    all += trimmed.length;
    if (seen.has(trimmed)) repeated += trimmed.length;
    else seen.add(trimmed);
  }
  return all === 0 ? 0 : repeated / all;
}

function repeatedRuns(text: string): number {
  const hashes = wordHashes(text, MOST_WORDS);
  if (hashes.length <= RUN) return 0;
  const seen = new Set<number>();
  let repeated = 0;
  let coveredTo = 0;
  for (let at = 0; at + RUN <= hashes.length; at++) {
    let run = 0;
    for (let next = 0; next < RUN; next++) run = (Math.imul(run, 0x01000193) ^ hashes[at + next]) | 0;
    if (!seen.has(run)) {
      seen.add(run);
      continue;
    }
    repeated += at + RUN - Math.max(at, coveredTo);
    coveredTo = at + RUN;
  }
  return repeated / hashes.length;
}
