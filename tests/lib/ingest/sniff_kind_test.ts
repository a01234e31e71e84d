import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type FileKind, fileKind } from "../../../lib/ingest/file_kinds.ts";
import { HEAD_BYTES, sniffKind } from "../../../lib/ingest/sniff_kind.ts";

/** Text as UTF-8. */
function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Characters below 256 as bytes. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function u16(value: number): string {
  return String.fromCharCode(value & 255, value >> 8);
}

function u32(value: number): string {
  return u16(value & 0xffff) + u16(value >>> 16);
}

/** A zip file of stored members, without check sums. */
function zip(members: Record<string, string>): Uint8Array {
  let local = "", central = "";
  for (const [name, text] of Object.entries(members)) {
    const sizes = "\0".repeat(8) + u32(0) + u32(text.length) + u32(text.length) + u16(name.length) + u16(0);
    central += "PK\x01\x02" + u16(20) + u16(20) + u16(0) + sizes.slice(2) + u16(0) + "\0".repeat(8) +
      u32(local.length) + name;
    local += "PK\x03\x04" + u16(20) + sizes + name + text;
  }
  const count = u16(Object.keys(members).length);
  return bytes(
    local + central + "PK\x05\x06\0\0\0\0" + count + count + u32(central.length) + u32(local.length) + u16(0),
  );
}

function sniffWhole(content: Uint8Array, name: string): ReturnType<typeof sniffKind> {
  return sniffKind(content.subarray(0, HEAD_BYTES), name, { bytes: content });
}

Deno.test("sniffKind() believes the signature before the name", () => {
  const heads: [string, FileKind][] = [
    ["%PDF-1.7\n", "pdf"],
    ["\x89PNG\r\n\x1a\n\0\0", "image"],
    ["\xff\xd8\xff\xe0\0\x10JFIF", "image"],
    ["GIF89a\x01\0\x01\0\0", "image"],
    ["RIFF\x24\0\0\0WEBPVP8 ", "image"],
    ["II*\0\x08\0\0\0", "image"],
    ["MM\0*\0\0\0\x08", "image"],
    ["BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0", "image"],
    ["\x1f\x8b\x08\0\0\0\0\0", "gzip"],
    ["a.txt".padEnd(257, "\0") + "ustar\x0000", "tar"],
    ["a.txt".padEnd(257, "\0") + "ustar  \0", "tar"],
    ["PAR1\x15\x04\x15", "parquet"],
    ["SQLite format 3\0\x10", "sqlite"],
  ];
  for (const [head, kind] of heads) {
    assertEquals(sniffKind(bytes(head), "notes.txt"), kind, head.slice(0, 12));
  }
});

Deno.test("sniffKind() refuses what is no text, with what to do where something can be done", () => {
  const heads: [string, string][] = [
    ["\x7fELF\x02\x01\x01\0", "not text: program"],
    ["MZ\x90\0\x03\0", "not text: program"],
    ["\0asm\x01\0\0\0", "not text: program"],
    [
      "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
      "old or encrypted Office document: save it as .docx without a password",
    ],
    ["{\\rtf1\\ansi", "RTF document: save it as .docx"],
    ["7z\xbc\xaf\x27\x1c", "7z archive: unpack it first, or pack it as zip or tar.gz"],
    ["\xfd7zXZ\0", "xz archive: unpack it first, or pack it as zip or tar.gz"],
    ["BZh91AY&SY", "bzip2 archive: unpack it first, or pack it as zip or tar.gz"],
    ["Rar!\x1a\x07\x01\0", "rar archive: unpack it first, or pack it as zip or tar.gz"],
    ["\0\0\0\x20ftypisom", "not text: film"],
    ["ID3\x04\0\0", "not text: sound"],
    ["\0\x01\0\0\0\x0f", "not text: font"],
    ["wOF2\0\x01\0\0", "not text: font"],
    ["GGUF\x03\0\0\0", "not text: model weights"],
    ['\x40\0\0\0\0\0\0\0{"w":{"dtype"', "not text: model weights"],
    ["\0\x01\x02\x03 unknown", "not text: NUL bytes"],
    ["\x01\x02\x03\x04 unknown", "not text: control characters"],
  ];
  for (const [head, reason] of heads) {
    assertEquals(sniffKind(bytes(head), "some.thing"), { reason }, head.slice(0, 12));
  }
});

Deno.test("sniffKind() takes no text for a file that begins with the same letters", () => {
  const starts = [
    "MZ is a mark",
    "BM25 ranks",
    "OTTO reads",
    "ID3 tags",
    "PAR1 and PAR2",
    "ORC and elf",
    "GGUF files",
    "GIF89a is old",
    "PACK my box",
    "true\nfalse",
    "Obj",
    "RIFF    WEBP",
    "7z is",
    "PK",
    "Rar! he said",
    "II* and",
  ];
  for (const start of starts) assertEquals(sniffKind(utf8(start), "a.txt"), "text", start);
});

Deno.test("sniffKind() tells documents in zip files apart by what is inside", () => {
  const word = zip({
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": "",
    "word/document.xml": "<w:document/>",
  });
  assertEquals(sniffWhole(word, "unknown"), "docx");
  assertEquals(sniffWhole(zip({ mimetype: "application/epub+zip", "a.xhtml": "" }), "a.zip"), "epub");
  assertEquals(sniffWhole(zip({ "a.xhtml": "", "META-INF/container.xml": "" }), "unknown"), "epub");
  const odt = zip({ mimetype: "application/vnd.oasis.opendocument.text", "content.xml": "" });
  assertEquals(sniffKind(odt.subarray(0, 120), "x"), "odt");
  const sheet = zip({ mimetype: "application/vnd.oasis.opendocument.spreadsheet" });
  assertEquals(sniffWhole(sheet, "x.odt"), { reason: "spreadsheet: save it as CSV" });
  assertEquals(sniffWhole(zip({ "xl/workbook.xml": "" }), "x.docx"), {
    reason: "spreadsheet: save it as CSV",
  });
  assertEquals(sniffWhole(zip({ "a.txt": "hello" }), "x.docx"), "zip");
  assertEquals(sniffWhole(zip({}), "x"), "zip");
});

Deno.test("sniffKind() asks the name about a zip file of which only the beginning is there", () => {
  const head = zip({ "[Content_Types].xml": "<Types/>" }).subarray(0, 60);
  assertEquals([sniffKind(head, "a.docx"), sniffKind(head, "a.odt"), sniffKind(head, "a.bin")], [
    "docx",
    "odt",
    "zip",
  ]);
  assertEquals(sniffWhole(head, "a.docx"), "zip"); // cut off: its reader says what is wrong
});

Deno.test("sniffKind() tells a compressed tar from a compressed file by the name", () => {
  const head = bytes("\x1f\x8b\x08\0");
  assertEquals([sniffKind(head, "a.tar.gz"), sniffKind(head, "a.TGZ"), sniffKind(head, "a.gz")], [
    "tar",
    "tar",
    "gzip",
  ]);
});

Deno.test("sniffKind() leaves a file with a telling name and no signature to the parser of that name", () => {
  for (const name of ["a.pdf", "a.png", "a.docx", "a.parquet", "a.tar", "a.md", "a.py"]) {
    assertEquals(sniffKind(utf8("junk"), name), fileKind(name), name);
  }
  assertEquals(sniffKind(bytes("\0\0"), "a.txt"), "text");
});

Deno.test("sniffKind() finds a PDF behind some junk", () => {
  assertEquals(sniffKind(bytes("\0\0junk%PDF-1.4\n"), "a.bin"), "pdf");
  assertEquals(sniffKind(utf8("A file that begins with %PDF-1.4 is a PDF."), "a.txt"), "text");
});

Deno.test("sniffKind() reads JSON lines that are called .json", () => {
  assertEquals(sniffKind(utf8('{"a":1}\n{"a":2}\n'), "a.json"), "jsonl");
  assertEquals(sniffKind(utf8('{\n  "a": 1\n}\n'), "a.json"), "json");
  assertEquals(sniffKind(utf8("[1,\n2]\n"), "a.json"), "json");
});

Deno.test("sniffKind() looks at the text where the name says nothing", () => {
  const texts: [string, FileKind][] = [
    ["Once upon a time there was a sheep.\n", "text"],
    ["", "text"],
    ["<!DOCTYPE html>\n<p>", "html"],
    ["\ufeff  <html lang=en>", "html"],
    ["<!-- hello -->\n<html>", "html"],
    ['<?xml version="1.0"?>\n<feed>', "xml"],
    ['<?xml version="1.0"?>\n<!DOCTYPE html>\n<html xmlns="x">', "html"],
    ['<svg xmlns="http://www.w3.org/2000/svg">', "xml"],
    ["<alice> hello\n<bob> hi\n", "text"],
    ['{"a": [1, 2, {"b": null}]}', "json"],
    ["[1, 2, 3]\n", "json"],
    ["[1] Smith, A. An article.\n", "text"],
    ["[section]\nkey = value\n", "text"],
    ["{braces} in prose", "text"],
    ['{"a":1}\n{"a":2}\n', "jsonl"],
    ['{"cells": [{"cell_type": "code"}], "nbformat": 4}', "notebook"],
    ["#!/usr/bin/env python\nprint()\n", "code"],
    ["% paper\n\\documentclass{article}\n", "latex"],
    ['a,b,c\n1,2,3\n4,"5,5",6\n', "csv"],
    ["a\tb\n1\t2\n3\t4\n", "csv"],
    ["Well, then\nyes, no\nno, yes\n", "text"],
  ];
  for (const [text, kind] of texts) assertEquals(sniffKind(utf8(text), "unknown"), kind, text);
  const long = `{"a": ["${"x".repeat(5000)}`;
  assertEquals(sniffKind(utf8(long).subarray(0, HEAD_BYTES), "unknown"), "json");
  const utf16 = new Uint8Array([0xff, 0xfe, ...Array.from("<html>", (c) => [c.charCodeAt(0), 0]).flat()]);
  assertEquals(sniffKind(utf16, "unknown"), "html");
});

Deno.test("sniffKind() never throws, whatever the bytes and the name", () => {
  const start = fc.constantFrom(
    "",
    "PK\x03\x04",
    "PK\x05\x06",
    "BM",
    "{",
    "[",
    "<",
    '{"a',
    "\x1f\x8b",
    "%PDF-",
    "\xff\xfe",
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), fc.string(), (beginning, rest, name) => {
      const content = new Uint8Array([...bytes(beginning), ...rest]);
      for (const sniffed of [sniffKind(content, name), sniffKind(content, name, { bytes: content })]) {
        assert(typeof sniffed === "string" || sniffed.reason.length > 0);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("sniffKind() survives every damage to a zip file", () => {
  const whole = zip({ mimetype: "application/epub+zip", "word/document.xml": "x", "b.txt": "y" });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255))),
      fc.nat(whole.length),
      (changes, length) => {
        const damaged = whole.slice(0, length);
        for (const [at, value] of changes) if (at < length) damaged[at] = value;
        sniffWhole(damaged, "a.zip");
      },
    ),
    { numRuns: 1000 },
  );
});
