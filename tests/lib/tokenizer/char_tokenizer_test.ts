import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CharTokenizer, MAX_CHARACTERS, trainCharTokenizer } from "../../../lib/tokenizer/char_tokenizer.ts";

const ABC = new CharTokenizer([10, 97, 98, 0x1f411]);

Deno.test("CharTokenizer gives end-of-text the id 0, bytes 1 to 256 and characters the ids behind", () => {
  assertEquals([ABC.kind, ABC.vocabSize, ABC.endOfTextId], ["char", 261, 0]);
  assertEquals([...ABC.encode("\nab\u{1f411}")], [257, 258, 259, 260]);
});

Deno.test("CharTokenizer encodes an unseen character as its UTF-8 bytes", () => {
  assertEquals([...ABC.encode("z")], [1 + 0x7a]);
  assertEquals([...ABC.encode("a\u00e9")], [258, 1 + 0xc3, 1 + 0xa9]);
  assertEquals([...ABC.encode("\u20ac")], [0xe2, 0x82, 0xac].map((byte) => byte + 1));
  assertEquals([...ABC.encode("\u{1f410}b")], [...[0xf0, 0x9f, 0x90, 0x90].map((byte) => byte + 1), 259]);
});

Deno.test("CharTokenizer decodes what it encoded, for every text without half surrogates", async () => {
  const text = fc.string({ unit: "binary", maxLength: 60 }).map((one) => one.toWellFormed());
  await fc.assert(
    fc.asyncProperty(text, text, async (seen, wild) => {
      const tokenizer = await trainCharTokenizer([seen]);
      for (const one of [seen, wild, seen + wild, "\ufeff" + wild]) {
        const ids = tokenizer.encode(one);
        assertEquals(tokenizer.decode(ids), one);
        assertEquals(tokenizer.decodeBytes(ids), new TextEncoder().encode(one));
        assert(ids.every((id) => id > 0 && id < tokenizer.vocabSize));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("CharTokenizer reads half a surrogate pair as U+FFFD", async () => {
  assertEquals(ABC.decode(ABC.encode("a\ud83db\udc11")), "a\ufffdb\ufffd");
  const tokenizer = await trainCharTokenizer(["\udc00x"]);
  assertEquals(tokenizer.decode([258]), "\ufffd");
});

Deno.test("CharTokenizer streams bytes that never break a character", () => {
  const text = "wool \u{1f411} \u00e9\u20ac";
  const decoder = new TextDecoder("utf-8");
  let shown = "";
  for (const id of ABC.encode(text)) {
    shown += decoder.decode(ABC.decodeBytes([id]), { stream: true });
    assert(text.startsWith(shown), shown);
  }
  assertEquals(shown + decoder.decode(), text);
});

Deno.test("CharTokenizer leaves end-of-text out and reads its name in a text as characters", () => {
  assertEquals(ABC.decode([258, 0, 259]), "ab");
  const ids = ABC.encode("<|endoftext|>");
  assertEquals([ids.length, ids.includes(0)], [13, false]);
});

Deno.test("CharTokenizer refuses ids outside the vocabulary, naming the place", () => {
  for (const wrong of [261, -1, 0.5, NaN]) {
    assertThrows(() => ABC.decode([0, wrong]), RangeError, `id ${wrong} at position 1`);
  }
});

Deno.test("CharTokenizer stays linear on a million of one character", () => {
  for (const text of ["a".repeat(1e6), "^".repeat(1e6), " ".repeat(1e6), "\u{1f410}".repeat(25e4)]) {
    const start = performance.now();
    assertEquals(ABC.decode(ABC.encode(text)), text);
    assert(performance.now() - start < 2000);
  }
});

Deno.test("trainCharTokenizer() takes every character of the texts, by code point", async () => {
  const tokenizer = await trainCharTokenizer(["ba\u{1f411}", "\nca"]);
  assertEquals(Object.keys(tokenizer.toJson().model.vocab).slice(257), ["\n", "a", "b", "c", "\u{1f411}"]);
  assertEquals((await trainCharTokenizer([])).vocabSize, 257);
});

Deno.test("trainCharTokenizer() keeps the most frequent characters when there are too many", async () => {
  const count = MAX_CHARACTERS + 5;
  const all = Array.from({ length: count }, (_, at) => String.fromCodePoint(0x10000 + at)).join("");
  const often = String.fromCodePoint(0x10000 + count - 1);
  const tokenizer = await trainCharTokenizer([all, often]);
  assertEquals(tokenizer.vocabSize, 257 + MAX_CHARACTERS);
  assertEquals(tokenizer.encode(often).length, 1);
  assertEquals(tokenizer.encode(String.fromCodePoint(0x10000 + count - 2)).length, 4);
  assertThrows(() => new CharTokenizer(new Array(count).fill(1)), RangeError, "at most 60000");
});
