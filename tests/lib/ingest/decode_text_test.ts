import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { countCharacters } from "../../../lib/ingest/count_characters.ts";
import { decodeText, normalizeText } from "../../../lib/ingest/decode_text.ts";

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

Deno.test("decodeText() reads UTF-16 without a byte order mark", () => {
  const texts = [
    "flock\n",
    "Das Sch\u00e4fchen h\u00f6rt zu.\r\nEnde \u{1f411}\n",
    "\u041e\u0432\u0446\u044b \u0441\u043f\u044f\u0442.\n",
    "\u7f8a\u98fc\u3044\u306f\u7fa4\u308c\u3092\u6570\u3048\u305f\u3002\n".repeat(3),
  ];
  for (const text of texts) {
    for (const isLittle of [true, false]) {
      assertEquals(decode(utf16(text, isLittle)), {
        text: text.replaceAll("\r", ""),
        encoding: isLittle ? "utf-16le" : "utf-16be",
        invalidBytes: 0,
      });
    }
  }
});

Deno.test("decodeText() counts the lone surrogates of UTF-16 and refuses more than one in a hundred", () => {
  const good = "\ufeff" + "flock ".repeat(50);
  const decoded = decode(utf16(`${good}\ud83d`, true));
  assert("text" in decoded && decoded.text.endsWith(" \ufffd") && decoded.invalidBytes === 2);
  assertEquals(
    textOf(utf16(`${good}\ud83d\ud83d\udc11\udc11\udc11\udc11`, true)),
    "refused: not text: more than 1 % replacement characters",
  );
});

Deno.test("decodeText() reads ISO-2022-JP by its escapes and leaves the escapes of a terminal alone", () => {
  assertEquals(decode("\x1b$B;~4V\x1b(B 12\n"), {
    text: "\u6642\u9593 12\n",
    encoding: "iso-2022-jp",
    invalidBytes: 0,
  });
  assertEquals(textOf("\x1b[1mbold\x1b[0m text"), "\x1b[1mbold\x1b[0m text");
});

Deno.test("decodeText() refuses a program that is named like a text", async () => {
  const program = (await Deno.readFile(Deno.execPath())).subarray(0, 1 << 20);
  for (const start of [0, 1, 4096, 70_001]) {
    assert("reason" in decode(program.slice(start)), `from byte ${start}`);
  }
});

Deno.test("decodeText() reads 200 MB on one line", () => {
  const bytes = new Uint8Array(200e6).fill(0x61);
  bytes.set(utf8.encode("\u00e9"), 1e8);
  const decoded = decode(bytes);
  assert("text" in decoded && decoded.invalidBytes === 0);
  assertEquals([decoded.text.length, decoded.text[1e8], decoded.text.at(-1)], [2e8 - 1, "\u00e9", "a"]);
});

Deno.test("decodeText() takes nothing from an empty file", () => {
  assertEquals(textOf(""), "");
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

Deno.test("decodeText() takes the detector's word only for bytes that decode without a loss", () => {
  const bytes = latin1("\xcf\xf0\xe8\xe2\xe5\xf2"); // greeting in Windows-1251
  const detect = (page: string) => decodeText(bytes, { unicode: "NFC", detect: () => page });
  assertEquals(detect("windows-1251"), {
    text: "\u041f\u0440\u0438\u0432\u0435\u0442",
    encoding: "windows-1251",
    invalidBytes: 6,
  });
  assert("reason" in detect("euc-jp"), "not valid in it");
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
    [Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), "UTF-32"],
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
