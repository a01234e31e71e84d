import { assertEquals } from "@std/assert";
import { splitDocuments } from "../../../lib/ingest/documents.ts";
import type { FileKind } from "../../../lib/ingest/file_kinds.ts";

function split(
  text: string,
  options: { kind?: FileKind; mode?: "document" | "line" } = {},
): { documents: string[]; lines: number; bad: number; firstBad: number } {
  const lineCount = { lines: 0, bad: 0, firstBad: 0 };
  const { kind = "text", mode = "document" } = options;
  const documents = [...splitDocuments(text, { kind, mode, unicode: "NFC", lineCount })];
  return { documents, ...lineCount };
}

Deno.test("splitDocuments() makes a file one document, JSON as it is written", () => {
  assertEquals(split("a\n\n  b\n").documents, ["a\n\n  b\n"]);
  assertEquals(split('{ "a":  1 }\n', { kind: "json" }).documents, ['{ "a":  1 }\n']);
});

Deno.test("splitDocuments() makes every line a document in line mode, indentation kept", () => {
  assertEquals(split("def f():\n    return 1\n\nend", { kind: "code", mode: "line" }).documents, [
    "def f():",
    "    return 1",
    "",
    "end",
  ]);
});

Deno.test("splitDocuments() takes texts, text fields and whole records from JSONL", () => {
  const lines = ['{"text":"one\\r\\ntwo","id":1}', '"bare"', "", '{"q":"?","a":[1]}', "7"].join("\n");
  for (const mode of ["document", "line"] as const) {
    assertEquals(split(lines, { kind: "jsonl", mode }).documents, [
      "one\ntwo",
      "bare",
      '{\n  "q": "?",\n  "a": [\n    1\n  ]\n}',
      "7",
    ]);
  }
});

Deno.test("splitDocuments() repairs half characters that JSON escapes hide", () => {
  assertEquals(split('{"text":"a\\ud83d"}', { kind: "jsonl" }).documents, ["a\ufffd"]);
});

Deno.test("splitDocuments() counts JSONL lines that are not JSON and goes on", () => {
  const deep = "[".repeat(200_000);
  const found = split(`{"text":"a"}\n\n{oops}\n${deep}\n{"text":"b"}\n`, { kind: "jsonl" });
  assertEquals(found, { documents: ["a", "b"], lines: 4, bad: 2, firstBad: 3 });
});
