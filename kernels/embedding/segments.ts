// Sorts the rows of a batch by token, so that the gradient of each token's vector is one sum with a fixed
// order.
// A counting sort: linear in rows and vocabulary.

export interface Segments {
  /** [N]. Row numbers; those of one token stand together, in ascending order. */
  readonly order: Uint32Array;
  /** [N + 1]. Segment s is order[starts[s]] to order[starts[s + 1] - 1]; an unused segment is empty. */
  readonly starts: Uint32Array;
  /** [N]. Token of each segment, 0 for an unused one. Long ones come first, each kind by token. */
  readonly ids: Uint32Array;
}

/** Rows beyond which a segment is long and summed by a whole workgroup. */
export const LONG_SEGMENT = 128;

/**
 * Groups the rows of a batch by token.
 *
 * @param tokens [N], each below 2^24
 */
export function sortSegments(tokens: Uint32Array): Segments {
  const N = tokens.length;
  let largest = 0;
  for (let n = 0; n < N; n++) if (tokens[n] > largest) largest = tokens[n];
  const counts = new Uint32Array(largest + 1);
  for (let n = 0; n < N; n++) counts[tokens[n]]++;
  const order = new Uint32Array(N);
  const starts = new Uint32Array(N + 1).fill(N);
  const ids = new Uint32Array(N);
  /** Where the next row of a token goes. */
  const next = new Uint32Array(largest + 1);
  let segments = 0;
  let start = 0;
  for (const isLong of [true, false]) {
    for (let token = 0; token <= largest; token++) {
      const count = counts[token];
      if (count === 0 || count > LONG_SEGMENT !== isLong) continue;
      ids[segments] = token;
      starts[segments++] = start;
      next[token] = start;
      start += count;
    }
  }
  for (let n = 0; n < N; n++) order[next[tokens[n]]++] = n;
  return { order, starts, ids };
}
