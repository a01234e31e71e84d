import { assert, assertEquals } from "@std/assert";
import { SIGNATURE_LENGTH } from "../../../lib/ingest/minhash.ts";
import { NearDuplicates } from "../../../lib/ingest/near_duplicates.ts";

function openRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

function signature(random: () => number): Uint32Array {
  return Uint32Array.from({ length: SIGNATURE_LENGTH }, random);
}

/** A signature that agrees with another in so many places. */
function like(other: Uint32Array, options: { equal: number; random: () => number }): Uint32Array {
  const { equal, random } = options;
  const changed = other.slice();
  const places = Array.from(other.keys()).sort(() => (random() & 1) - 0.5);
  for (const place of places.slice(equal)) changed[place] = random();
  return changed;
}

Deno.test("NearDuplicates finds what is at least as similar as the threshold", () => {
  for (const threshold of [0.5, 0.8, 0.95, 1]) {
    const random = openRandom(3);
    const near = new NearDuplicates(threshold);
    let found = 0;
    for (let run = 0; run < 400; run++) {
      const first = signature(random);
      assertEquals(near.add(2 * run, first), undefined);
      const enough = Math.ceil(threshold * SIGNATURE_LENGTH);
      assertEquals(
        near.add(-1, like(first, { equal: enough - 1, random })),
        undefined,
        "not similar enough",
      );
      const match = near.add(2 * run + 1, like(first, { equal: enough, random }));
      if (match === undefined) continue;
      found++;
      assertEquals(match, { id: 2 * run, similarity: enough / SIGNATURE_LENGTH });
    }
    assert(found >= 0.98 * 400, `${found} of 400 at ${threshold}`);
  }
});

Deno.test("NearDuplicates names the most similar one, the first of several", () => {
  const random = openRandom(5);
  const near = new NearDuplicates(0.5);
  const one = signature(random);
  near.add(10, one);
  const other = like(one, { equal: 50, random });
  near.add(20, other);
  const between = other.slice();
  between.set(one.subarray(0, 20));
  assertEquals(near.add(30, between)?.id, 20);
  assertEquals(near.add(40, one), { id: 10, similarity: 1 });
});

Deno.test("NearDuplicates finds nothing at a similarity of 0", () => {
  const near = new NearDuplicates(0);
  const one = signature(openRandom(1));
  assertEquals([near.add(0, one), near.add(1, one)], [undefined, undefined]);
});

Deno.test("NearDuplicates gives the same result for the same order, and stays quick among boilerplate", () => {
  const run = (): unknown[] => {
    const random = openRandom(9);
    const near = new NearDuplicates(0.8);
    const template = signature(random);
    // three quarters of every document are the template
    return Array.from({ length: 3000 }, (_, id) => near.add(id, like(template, { equal: 96, random })));
  };
  const start = performance.now();
  const first = run();
  assert(performance.now() - start < 3000, "not quadratic");
  assertEquals(first, run());
  assert(first.filter((match) => match !== undefined).length < 300);
});
