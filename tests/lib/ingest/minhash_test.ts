import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { estimateSimilarity, minhash, SIGNATURE_LENGTH } from "../../../lib/ingest/minhash.ts";

/** Words that look like any other and never repeat by accident. */
function words(seed: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `w${((seed + at) * 2654435761 >>> 0).toString(36)}`);
}

function shingles(words: readonly string[]): Set<string> {
  return new Set(words.slice(4).map((_, at) => words.slice(at, at + 5).join(" ")));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = a.intersection(b).size;
  return both / (a.size + b.size - both);
}

Deno.test("minhash() gives equal texts equal signatures", () => {
  const text = fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 24, maxLength: 60 });
  fc.assert(fc.property(text, (pieces) => {
    assertEquals(minhash(pieces.join(" ")), minhash(pieces.join(" ")));
  }));
  const spaced = words(1, 40);
  assertEquals(minhash(spaced.join(" ")), minhash(`${spaced.join("\n\n  ").toUpperCase()}.`));
});

Deno.test("minhash() gives texts of fewer than 20 shingles none", () => {
  assertEquals(minhash(""), null);
  assertEquals(minhash(words(1, 23).join(" ")), null);
  assertEquals(minhash(words(1, 24).join(" "))?.length, SIGNATURE_LENGTH);
  assertEquals(minhash("\u7f8a\u7fa4".repeat(11)), null);
  assert(minhash("\u7f8a\u7fa4".repeat(12)) !== null, "characters are words where no spaces are written");
});

Deno.test("estimateSimilarity() is close to the true similarity for short and long texts", () => {
  for (const size of [30, 60, 200, 1000, 8000]) {
    for (const share of [0, 0.02, 0.1, 0.3, 0.6, 1]) {
      let error = 0;
      const runs = 20;
      for (let run = 0; run < runs; run++) {
        const a = words(run * 1e6, size);
        const kept = Math.round(size * (1 - share));
        const b = [...a.slice(0, kept), ...words(run * 1e6 + 5e5, size - kept)];
        const truth = jaccard(shingles(a), shingles(b));
        const estimate = estimateSimilarity(minhash(a.join(" "))!, minhash(b.join(" "))!);
        // four standard errors of 128 places
        assert(Math.abs(estimate - truth) < 0.18, `${size} words: ${estimate} for ${truth}`);
        error += (estimate - truth) / runs;
      }
      assert(Math.abs(error) < 0.05, `${size} words, ${share} changed: off by ${error} on average`);
    }
  }
});

Deno.test("minhash() tells different texts apart", () => {
  const one = minhash(words(1, 100).join(" "))!;
  assertNotEquals(one, minhash(words(500, 100).join(" ")));
  assert(estimateSimilarity(one, minhash(words(500, 100).join(" "))!) < 0.05);
});

Deno.test("minhash() takes time in proportion to the text, whatever it repeats", () => {
  for (const unit of ["a", "^", "\u{1f411}", " ", "a ", "\u7f8a"]) {
    const start = performance.now();
    minhash(unit.repeat(1e6));
    const elapsed = performance.now() - start;
    assert(elapsed < 1000, `${unit}: ${elapsed} ms`);
  }
});
