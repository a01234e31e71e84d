import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TextStream } from "../../../lib/inference/text_stream.ts";
import { CharTokenizer } from "../../../lib/tokenizer/char_tokenizer.ts";

/** Knows a, b and c: everything else is bytes, several tokens a character. */
const TOKENIZER = new CharTokenizer(Array.from("abc", (letter) => letter.codePointAt(0)!));

function stream(
  pieces: readonly Uint32Array[],
  stop: readonly string[],
): { texts: string[]; stopped: boolean } {
  const stream = new TextStream(TOKENIZER, stop);
  const texts = pieces.map((piece) => stream.push(piece));
  return { texts: [...texts, stream.end()], stopped: stream.stopped };
}

/** Cuts ids where `cuts` says, as shares of the length. */
function pieces(ids: Uint32Array, cuts: readonly number[]): Uint32Array[] {
  const at = [0, ...cuts.map((cut) => Math.floor(cut * (ids.length + 1))).sort((a, b) => a - b), ids.length];
  return at.slice(1).map((end, i) => ids.slice(at[i], end));
}

/** What a stream should say: character by character, until the first stop text is complete. */
function expected(text: string, stop: readonly string[]): string {
  for (let end = 1; end <= text.length; end++) {
    const begun = text.slice(0, end);
    const found = stop.filter((stopText) => stopText !== "" && begun.endsWith(stopText));
    if (found.length > 0) return begun.slice(0, Math.min(...found.map(({ length }) => end - length)));
  }
  return text;
}

const TEXT = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "🐑", "\u{feff}", "\n"), maxLength: 20 });
const STOP = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "🐑"), maxLength: 4 }), {
  maxLength: 3,
});
const CUTS = fc.array(fc.nat(99).map((cut) => cut / 100), { maxLength: 8 });

Deno.test("TextStream gives the same text for any split into pieces, up to the first stop text", () => {
  fc.assert(
    fc.property(TEXT, STOP, CUTS, (text, stop, cuts) => {
      const { texts, stopped } = stream(pieces(TOKENIZER.encode(text), cuts), stop);
      assertEquals(texts.join(""), expected(text, stop));
      assertEquals(stopped, stop.some((stopText) => stopText !== "" && text.includes(stopText)));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("TextStream never hands out part of a character", () => {
  fc.assert(fc.property(TEXT, CUTS, (text, cuts) => {
    for (const piece of stream(pieces(TOKENIZER.encode(text), cuts), []).texts) {
      assert(!piece.includes("\u{fffd}") && piece.isWellFormed(), JSON.stringify(piece));
    }
  }));
});

Deno.test("TextStream turns any bytes into the same text, however they come", () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 });
  fc.assert(fc.property(bytes, CUTS, (values, cuts) => {
    const ids = Uint32Array.from(values, (byte) => byte + 1);
    assertEquals(stream(pieces(ids, cuts), []).texts.join(""), TOKENIZER.decode(ids));
  }));
});

Deno.test("TextStream holds back only what may begin a stop text", () => {
  const { texts, stopped } = stream([..."aabac"].map((letter) => TOKENIZER.encode(letter)), ["abc"]);
  assertEquals(texts, ["", "a", "", "ab", "ac", ""]);
  assertEquals(stopped, false);
  assertEquals(stream([TOKENIZER.encode("ca"), TOKENIZER.encode("bcc")], ["abc"]), {
    texts: ["c", "", ""],
    stopped: true,
  });
});
