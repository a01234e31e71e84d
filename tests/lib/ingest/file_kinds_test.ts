import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import { fileKind, normalizeExtension } from "../../../lib/ingest/file_kinds.ts";

Deno.test("fileKind() knows prose, data and code by their endings", () => {
  assertEquals(fileKind("a.txt", []), "text");
  assertEquals(fileKind("A.Notes.MD", []), "markdown");
  assertEquals(fileKind("q.json", []), "json");
  assertEquals(fileKind("q.ndjson", []), "jsonl");
  for (const name of ["m.py", "m.rs", "m.wgsl", "m.cljs", "m.vue", "m.mli", "m.ps1"]) {
    assertEquals(fileKind(name, []), "code", name);
  }
});

Deno.test("fileKind() knows files without an ending by their name", () => {
  assertEquals(fileKind("README", []), "text");
  assertEquals(fileKind("LICENSE", []), "text");
  assertEquals(fileKind("Makefile", []), "code");
  assertEquals(fileKind("Dockerfile", []), "code");
  assertEquals(fileKind("notes", []), undefined);
});

Deno.test("fileKind() leaves out pictures, programs and names that only look known", () => {
  for (const name of ["a.png", "a.pdf", "a.exe", ".txt", "txt", "constructor", "a.__proto__", "a.", ".env"]) {
    assertEquals(fileKind(name, []), undefined, name);
  }
});

Deno.test("fileKind() reads only data.extensions when they are given", () => {
  assertEquals(fileKind("a.foo", [".foo"]), "text");
  assertEquals(fileKind("a.JSONL", ["jsonl"]), "jsonl");
  assertEquals(fileKind("a.txt", [".foo"]), undefined);
  assertEquals(fileKind("README", [".foo"]), undefined);
});

Deno.test("normalizeExtension() takes .txt, txt and *.txt, and refuses what is no extension", () => {
  assertEquals([".txt", "TXT", "*.txt"].map(normalizeExtension), ["txt", "txt", "txt"]);
  for (const wrong of ["", ".", "a/b", "*.t?t", ".tar.gz"]) {
    assertThrows(() => normalizeExtension(wrong), UsageError, "data.extensions takes");
  }
});
