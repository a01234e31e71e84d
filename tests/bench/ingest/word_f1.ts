// How much of the words of two texts agrees, whatever their order and layout: the figure by which text extraction is compared.

/**
 * F1 score of two texts as bags of words. A word is a run of Unicode letters, marks and digits, in lower case after NFKC, so that
 * a ligature or a raised digit counts like the plain one.
 *
 * @returns 1 when both have the same words equally often, 0 when they share none
 */
export function wordF1(ours: string, theirs: string): number {
  const left = countWords(ours);
  const right = countWords(theirs);
  let shared = 0;
  for (const [word, count] of left.counts) shared += Math.min(count, right.counts.get(word) ?? 0);
  const all = left.total + right.total;
  return all === 0 ? 1 : 2 * shared / all;
}

function countWords(text: string): { counts: Map<string, number>; total: number } {
  const counts = new Map<string, number>();
  let total = 0;
  for (const [word] of text.normalize("NFKC").toLowerCase().matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
    total++;
  }
  return { counts, total };
}
