import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import { fileKind, hasExtension, normalizeExtension } from "../../../lib/ingest/file_kinds.ts";

/** What the field's best-known small trainer reads. */
const CUSTOMARY =
  `txt md rst log csv json jsonl xml html htm py js ts jsx tsx java cpp c h hpp cs go rs rb php swift
  kt scala r sql sh bash zsh fish yaml yml toml ini cfg conf vue svelte dart lua pl hs ml mli elm ex exs jl clj cljs
  pdf png jpg jpeg gif bmp tiff tif webp`;

Deno.test("fileKind() knows every customary ending", () => {
  for (const ending of CUSTOMARY.split(/\s+/)) assert(fileKind(`a.${ending}`) !== undefined, ending);
});

Deno.test("fileKind() knows prose, data, code, documents and archives by their endings", () => {
  const kinds = {
    "a.txt": "text",
    "A.Notes.MD": "markdown",
    "q.json": "json",
    "q.ndjson": "jsonl",
    "q.TSV": "csv",
    "q.ipynb": "notebook",
    "q.rst": "rst",
    "q.tex": "latex",
    "q.xhtml": "html",
    "q.svg": "xml",
    "q.pdf": "pdf",
    "q.JPEG": "image",
    "q.docx": "docx",
    "q.odt": "odt",
    "q.epub": "epub",
    "q.parquet": "parquet",
    "q.sqlite3": "sqlite",
    "q.zip": "zip",
    "q.tar": "tar",
    "q.tgz": "tar",
    "q.v1.tar.gz": "tar",
    "q.txt.gz": "gzip",
    "tar.gz": "gzip",
    ".tar.gz": "gzip",
  };
  for (const [name, kind] of Object.entries(kinds)) assertEquals(fileKind(name), kind, name);
  for (const name of ["m.py", "m.rs", "m.wgsl", "m.cljs", "m.vue", "m.mli", "m.ps1"]) {
    assertEquals(fileKind(name), "code", name);
  }
});

Deno.test("fileKind() knows files without an ending by their name", () => {
  assertEquals(fileKind("README"), "text");
  assertEquals(fileKind("LICENSE"), "text");
  assertEquals(fileKind("Makefile"), "code");
  assertEquals(fileKind("Dockerfile"), "code");
  assertEquals(fileKind("notes"), undefined);
});

Deno.test("fileKind() says nothing about programs and names that only look known", () => {
  for (const name of ["a.exe", "a.foo", ".txt", "txt", "constructor", "a.__proto__", "a.", ".env", ""]) {
    assertEquals(fileKind(name), undefined, name);
  }
});

Deno.test("hasExtension() takes every name without a list and only its endings with one", () => {
  assert(hasExtension("notes", []));
  assert(hasExtension("a.foo", [".foo"]));
  assert(hasExtension("a.JSONL", ["txt", "jsonl"]));
  assert(!hasExtension("a.txt", [".foo"]));
  assert(!hasExtension("README", [".foo"]));
  assert(!hasExtension("foo", [".foo"]));
});

Deno.test("normalizeExtension() takes .txt, txt and *.txt, and refuses what is no extension", () => {
  assertEquals([".txt", "TXT", "*.txt"].map(normalizeExtension), ["txt", "txt", "txt"]);
  for (const wrong of ["", ".", "a/b", "*.t?t", ".tar.gz"]) {
    assertThrows(() => normalizeExtension(wrong), UsageError, "data.extensions takes");
  }
});
