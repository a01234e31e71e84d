import { assert, assertEquals } from "@std/assert";
import { type Config, defaultConfig } from "../../../lib/config/config.ts";
import type { ParsedFile } from "../../../lib/ingest/parse_lines.ts";
import { ParserProcess } from "../../../lib/ingest/parser_process.ts";

const HOSTILE = new URL("./fixtures/hostile_child.ts", import.meta.url);

function settings(data: Partial<Config["data"]> = {}): Config["data"] {
  return { ...defaultConfig().data, minLength: 1, ...data };
}

/** What becomes of a file whose parser misbehaves, and how long that takes. */
async function suffer(
  name: string,
  data: Partial<Config["data"]> = {},
): Promise<{ last: ParsedFile; files: ParsedFile[]; elapsedMs: number; isAlive: boolean }> {
  const options = { readable: [], needsPackages: false, program: HOSTILE };
  await using child = new ParserProcess(settings(data), options);
  const startedAt = performance.now();
  const files =
    (await child.parse({ name, bytes: new Uint8Array(3), needsPackages: false, isSmall: true }))!.files;
  return { last: files.at(-1)!, files, elapsedMs: performance.now() - startedAt, isAlive: child.isAlive };
}

Deno.test("ParserProcess parses one file after another in the same child", async () => {
  await using child = new ParserProcess(settings(), { readable: [], needsPackages: false });
  for (const text of ["first sheep", "second sheep"]) {
    const bytes = new TextEncoder().encode(text);
    const [file] = (await child.parse({ name: "a.txt", bytes, needsPackages: false, isSmall: true }))!.files;
    assertEquals([file.status, file.kind, file.documents[0].text], ["ok", "text", text]);
  }
  assertEquals([child.isAlive, child.files], [true, 2]);
});

Deno.test("ParserProcess gives up a file that takes too long and keeps what came before", async () => {
  const { last, elapsedMs, isAlive } = await suffer("loops", { fileTimeout: 1 });
  assertEquals([last.status, last.reason], ["partial", "took longer than data.file_timeout"]);
  assertEquals(last.documents.map(({ text }) => text), ["before the loop"]);
  assert(elapsedMs < 4000, `${elapsedMs} ms`);
  assert(!isAlive);
});

Deno.test("ParserProcess gives up a file of which one page takes too long", async () => {
  const { last } = await suffer("loops", { pageTimeout: 1 });
  assertEquals(last.reason, "took longer than data.page_timeout for a page");
});

Deno.test("ParserProcess counts the time of a page from the page before", async () => {
  const { last, elapsedMs } = await suffer("turns pages", { pageTimeout: 1, fileTimeout: 2 });
  assertEquals([last.status, last.reason], ["failed", "took longer than data.file_timeout"]);
  assert(elapsedMs >= 2000);
});

Deno.test("ParserProcess gives up a file that takes too much memory, soon", async () => {
  const before = Deno.memoryUsage().rss;
  const { last, elapsedMs } = await suffer("grows", { parserMemory: 400 * 2 ** 20 });
  assertEquals([last.status, last.reason], ["failed", "took more memory than data.parser_memory"]);
  assert(elapsedMs < 10_000, `${elapsedMs} ms`);
  assert(Deno.memoryUsage().rss - before < 100 * 2 ** 20);
});

Deno.test("ParserProcess gives up a file that becomes too much text", async () => {
  const { last } = await suffer("floods", { maxOutput: 1 << 20 });
  assertEquals([last.status, last.reason], ["partial", "text larger than data.max_output"]);
});

Deno.test("ParserProcess tells of a parser that crashed", async () => {
  const { last } = await suffer("crashes");
  assertEquals([last.status, last.reason], ["failed", "the parser crashed"]);
});

Deno.test("ParserProcess has a child that may read nothing, run nothing and reach nobody", async () => {
  const program = new URL("./fixtures/curious_child.ts", import.meta.url);
  await using child = new ParserProcess(settings(), { readable: [], needsPackages: false, program });
  const [file] =
    (await child.parse({ name: "x", bytes: new Uint8Array(1), needsPackages: false, isSmall: true }))!.files;
  assertEquals(JSON.parse(file.documents[0].text), {
    "read": "NotCapable",
    "write": "NotCapable",
    "env": "NotCapable",
    "net": "NotCapable",
    "run": "NotCapable",
    "sys": "NotCapable",
    "ffi": "NotCapable",
  });
});

Deno.test("ParserProcess gives back the files it did not come to", async () => {
  const options = { readable: [], needsPackages: false, program: HOSTILE };
  await using child = new ParserProcess(settings({ fileTimeout: 1 }), options);
  const files = ["loops", "behind"].map((name) => {
    return child.parse({ name, bytes: new Uint8Array(3), needsPackages: false, isSmall: true });
  });
  const [first, second] = await Promise.all(files);
  assertEquals([first?.files.at(-1)?.reason, second], ["took longer than data.file_timeout", undefined]);
});
