// Twin of random.wgsl: the same random numbers, bit for bit, for references and tests.

/** Where a random number stands in a run. All are integers 0..2^32-1. */
export interface RandomCounter {
  readonly seed: number;
  /** Attempted update. */
  readonly step: number;
  /** Ordinal of the call in its tape. */
  readonly site: number;
  /** Sequence within the run, not within the micro-batch. */
  readonly sample: number;
  /** Element within the sample. */
  readonly element: number;
}

/** The number in [0, 1) at `counter`, a multiple of 2^-24. */
export function randomUnit(counter: RandomCounter): number {
  const { seed, step, site, sample, element } = counter;
  const key = pcg4d([seed, step, site, sample]);
  const words = pcg4d([key[0], key[1], key[2], (key[3] + Math.floor(element / 4)) | 0]);
  return (words[element % 4] >>> 8) / 2 ** 24;
}

type Words = [number, number, number, number];

/** Four words to four words, each way one to one; https://jcgt.org/published/0009/03/02/ */
function pcg4d(input: Words): Words {
  let [x, y, z, w] = input.map((word) => (Math.imul(word, 1664525) + 1013904223) | 0);
  mix();
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  mix();
  return [x, y, z, w];

  function mix(): void {
    x = (x + Math.imul(y, w)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
    w = (w + Math.imul(y, z)) | 0;
  }
}
