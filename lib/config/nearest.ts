// Which known names a misspelt one may have meant.

/** Most suggestions one message shows. */
const MOST = 3;

/**
 * Names nearest to a misspelt one, counting inserted, missing, wrong and swapped letters.
 * Case, dashes and underscores do not count.
 *
 * @param word - what was written
 * @param candidates - names that exist
 * @returns the nearest names, at most three, none where nothing is near
 */
export function nearestNames(word: string, candidates: readonly string[]): string[] {
  const written = plain(word);
  const farthest = Math.max(1, Math.floor(written.length / 3));
  let best = farthest;
  let names: string[] = [];
  for (const name of candidates) {
    const distance = editDistance(written, plain(name));
    if (distance > best) continue;
    if (distance < best) names = [];
    best = distance;
    names.push(name);
  }
  return names.slice(0, MOST);
}

/**
 * The end of a message that offers the nearest names: `; did you mean d_model?`, or empty.
 *
 * @param options.prefix - written before every name, such as `--`
 */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  options: { prefix?: string } = {},
): string {
  const names = nearestNames(word, candidates).map((name) => `${options.prefix ?? ""}${name}`);
  return names.length === 0 ? "" : `; did you mean ${names.join(" or ")}?`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

// Optimal string alignment distance: Levenshtein with swaps of neighbours, three rows at a time.
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], before[j - 2] + 1);
      }
    }
    before = previous;
    previous = row;
  }
  return previous[b.length];
}
