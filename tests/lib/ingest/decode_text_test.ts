import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { countCharacters, decodeText, normalizeText } from "../../../lib/ingest/decode_text.ts";

const utf8 = new TextEncoder();

function decode(bytes: Uint8Array | string, unicode: "NFC" | "none" = "NFC"): ReturnType<typeof decodeText> {
  return decodeText(typeof bytes === "string" ? utf8.encode(bytes) : bytes, { unicode });
}

function textOf(bytes: Uint8Array | string, unicode: "NFC" | "none" = "NFC"): string {
  const decoded = decode(bytes, unicode);
  return "text" in decoded ? decoded.text : `refused: ${decoded.reason}`;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at++) view.setUint16(2 * at, text.charCodeAt(at), isLittle);
  return bytes;
}

Deno.test("decodeText() gives back every well-formed text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (wild) => {
    const text = wild.toWellFormed().replace(/\p{Cc}|\ufffd|\ufeff/gu, "").replace(
      /^(%PDF|GIF8|PK|\{\\rtf)/,
      "",
    );
    assertEquals(textOf(text, "none"), text);
  }));
});

Deno.test("decodeText() keeps newlines, tabs and indentation and turns CRLF and CR into LF", () => {
  assertEquals(textOf("if x:\r\n\ty = 1\r\n\r\n    z\r"), "if x:\n\ty = 1\n\n    z\n");
});

Deno.test("decodeText() removes a byte order mark and reads UTF-16 that has one", () => {
  assertEquals(textOf("\ufeffsheep"), "sheep");
  assertEquals(textOf(utf16("\ufeffflock \u{1f411}", true)), "flock \u{1f411}");
  assertEquals(textOf(utf16("\ufeffflock \u{1f411}", false)), "flock \u{1f411}");
});

Deno.test("decodeText() composes accents by NFC unless told not to", () => {
  assertEquals(textOf("cafe\u0301"), "caf\u00e9");
  assertEquals(textOf("cafe\u0301", "none"), "cafe\u0301");
});

Deno.test("decodeText() reads an older Western file and counts its bytes", () => {
  assertEquals(decode(latin1("caf\xe9 cr\xe8me \x80 5")), {
    text: "caf\u00e9 cr\u00e8me \u20ac 5",
    encoding: "windows-1252",
    invalidBytes: 3,
  });
});

Deno.test("decodeText() keeps the single bad bytes of a UTF-8 file", () => {
  const good = "Das Sch\u00e4fchen h\u00f6rt zu. ".repeat(20);
  const bytes = Uint8Array.of(...utf8.encode(good), 0xfc, ...utf8.encode(good));
  assertEquals(decode(bytes), { text: `${good}\u00fc${good}`, encoding: "utf-8", invalidBytes: 1 });
});

Deno.test("decodeText() finds every invalid byte of damaged UTF-8", () => {
  const filler = "\u00e9".repeat(600);
  // overlong, surrogate, beyond U+10FFFF, cut off before a letter, stray continuation
  const broken = [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82, 0x41], [0xbf]];
  for (const [bytes, invalid] of broken.map((one, at) => [one, [2, 3, 4, 2, 1][at]] as const)) {
    const decoded = decode(Uint8Array.of(...utf8.encode(filler), ...bytes));
    assert(
      "text" in decoded && decoded.invalidBytes === invalid,
      JSON.stringify([bytes, decoded]).slice(-80),
    );
    assert(!decoded.text.includes("\ufffd"));
  }
});

Deno.test("decodeText() refuses what is not text, with a reason", () => {
  const cases: [Uint8Array | string, string][] = [
    ["%PDF-1.7 looks like text", "PDF"],
    [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10), "PNG image"],
    [Uint8Array.of(0x50, 0x4b, 3, 4, 20), "ZIP archive"],
    ["text with a \0 in it", "NUL bytes"],
    [utf16("\ufefftext with a \0 in it", true), "NUL bytes"],
    ["\x01\x02\x03 beeps", "control characters"],
    [Uint8Array.from({ length: 500 }, (_, at) => 128 + at * 37 % 128), "not UTF-8"],
    ["lost \ufffd\ufffd letters", "replacement characters"],
  ];
  for (const [bytes, reason] of cases) {
    const decoded = decode(bytes);
    assert("reason" in decoded && decoded.reason.includes(reason), `${reason}: ${JSON.stringify(decoded)}`);
  }
});

Deno.test("decodeText() refuses UTF-8 with more than one bad byte in a hundred", () => {
  const bytes = Uint8Array.of(...utf8.encode("\u00e9\u00e8".repeat(100)), ...new Array(9).fill(0xff));
  assertEquals(textOf(bytes), "refused: not text: more than 1 % of the bytes are not UTF-8");
});

Deno.test("normalizeText() makes lone surrogates U+FFFD", () => {
  assertEquals(normalizeText("a\ud83d b\udc11", "NFC"), "a\ufffd b\ufffd");
});

Deno.test("countCharacters() counts code points", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => countCharacters(text) === [...text].length));
});
