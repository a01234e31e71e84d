// `sheepop ingest` as people run it: flags, interruption, killing, hostile files, one worker and two.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { gzipSync } from "node:zlib";
import { sha256File } from "../../lib/common/hash.ts";
import { runProgram, startProgram, withFolder } from "../support/program.ts";

const MIXED = {
  "texts/story.txt": "The shepherd counts the flock in the evening and one lamb is missing.\n".repeat(3),
  "texts/page.html":
    "<html><title>Wool</title><script>alert(1)</script><p>Wool is spun by the fire.</p></html>",
  "texts/rows.csv": "name,colour\nDolly,white\nBella,black and brown\n",
  "texts/records.jsonl": '{"text":"the first record of the farm"}\nnot json\n',
};

async function resultOf(cwd: string, cache: string): Promise<Record<string, string>> {
  const text = join(cwd, cache, "text");
  const [folder] = [...Deno.readDirSync(text)].filter(({ isDirectory }) => isDirectory);
  const files = ["train.jsonl", "validation.jsonl", "manifest.jsonl"];
  const hashes = files.map(async (name) => [name, await sha256File(join(text, folder.name, name))]);
  return { folder: folder.name, ...Object.fromEntries(await Promise.all(hashes)) };
}

Deno.test("sheepop ingest gives the same bytes with one worker and with three", async () => {
  await withFolder(MIXED, async (cwd) => {
    for (const workers of ["1", "3"]) {
      const { code, stderr } = await runProgram(
        ["ingest", "texts", "--output-dir", `cache${workers}`, "--workers", workers],
        { cwd },
      );
      assertEquals(code, 0, stderr);
    }
    assertEquals(await resultOf(cwd, "cache1"), await resultOf(cwd, "cache3"));
  });
});

Deno.test("sheepop ingest --strict ends with status 7 when not all of a file was read", async () => {
  await withFolder(MIXED, async (cwd) => {
    const loose = await runProgram(["ingest", "texts", "--output-dir", "cache"], { cwd });
    assertEquals(loose.code, 0);
    assertMatch(loose.stdout, /1 +lines that are not JSON/);
    const strict = await runProgram(["ingest", "texts", "--output-dir", "cache", "--strict"], { cwd });
    assertEquals(strict.code, 7);
    await Deno.remove(join(cwd, "texts/records.jsonl"));
    assertEquals(
      (await runProgram(["ingest", "texts", "--output-dir", "cache", "--strict"], { cwd })).code,
      0,
    );
  });
});

Deno.test("sheepop ingest --dry-run shows what would be read and writes nothing", async () => {
  await withFolder({ ...MIXED, "texts/song.mp3": "ID3\x04\0\0\0" }, async (cwd) => {
    const { code, stdout } = await runProgram(["ingest", "texts", "--output-dir", "cache", "--dry-run"], {
      cwd,
    });
    assertEquals(code, 0);
    assertMatch(stdout, /^read +html +\d+ B +texts\/page\.html$/m);
    assertMatch(stdout, /^skipped +- +\d+ B +texts\/song\.mp3: not text: /m);
    assertMatch(stdout, /^Would read 4 files, .* 1 left out$/m);
    assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name), ["texts"]);
  });
});

Deno.test("sheepop ingest --report writes one page that needs nothing else", async () => {
  await withFolder(
    { ...MIXED, "texts/<b>bold</b>.txt": "A short text about a hostile name.\n" },
    async (cwd) => {
      const { stdout } = await runProgram(["ingest", "texts", "--output-dir", "cache", "--report"], { cwd });
      const path = /^Report: (.*)$/m.exec(stdout)![1];
      const page = await Deno.readTextFile(join(cwd, path));
      assertStringIncludes(page, "default-src 'none'");
      assert(!page.includes("<script") && !page.includes("<b>bold"), "nothing of a file is mark-up");
      const named = await runProgram(
        ["ingest", "texts", "--output-dir", "cache", "--report", "page.html"],
        { cwd },
      );
      assertStringIncludes(named.stdout, "Report: page.html");
      assert((await Deno.stat(join(cwd, "page.html"))).size > 2000);
    },
  );
});

Deno.test("sheepop ingest goes on after being killed, and ends with what it would have been", async () => {
  const pages = Object.fromEntries(Array.from({ length: 300 }, (_, at) => {
    const text = Array.from({ length: 60 }, (_, i) => `sheep ${at * 61 + i} of flock ${at}`).join(" ");
    return [`texts/${at}.html`, `<p>${text}</p>`];
  }));
  await withFolder(pages, async (cwd) => {
    const args = (cache: string) => ["ingest", "texts", "--output-dir", cache, "--workers", "1"];
    await runProgram(args("whole"), { cwd });
    for (const signal of ["SIGKILL", "SIGINT"] as const) {
      const program = startProgram(args("cut"), { cwd });
      for (let look = 0; look < 200 && !(await exists(join(cwd, "cut/parsed.sqlite"))); look++) {
        await pause(10);
      }
      await pause(100);
      const signalledAt = performance.now();
      program.process.kill(signal);
      await program.ends();
      assert(performance.now() - signalledAt < 1000, `${signal} took longer than a second`);
    }
    assertEquals((await runProgram(args("cut"), { cwd })).code, 0);
    assertEquals(await resultOf(cwd, "cut"), await resultOf(cwd, "whole"));
  });
});

Deno.test("sheepop ingest stops a bomb of a few kB and reads what is beside it", async () => {
  const bomb = gzipSync(gzipSync(new Uint8Array(300 * 2 ** 20), { level: 9 }), { level: 9 });
  await withFolder({ ...MIXED, "texts/bomb.gz.gz": bomb }, async (cwd) => {
    const { code, stdout } = await runProgram(["ingest", "texts", "--output-dir", "cache"], { cwd });
    assertEquals(code, 0);
    assertMatch(stdout, /1 +zip bomb: expands more than 100 times/);
    assertMatch(stdout, /^ +html +1 +1 /m);
  });
});

Deno.test("sheepop ingest reads a file changed in between only as it is now", async () => {
  await withFolder(MIXED, async (cwd) => {
    const run = () => runProgram(["ingest", "texts", "--output-dir", "cache"], { cwd });
    assertMatch((await run()).stdout, /^Written: /m);
    assertMatch((await run()).stdout, /^Up to date: /m);
    await Deno.writeTextFile(join(cwd, "texts/story.txt"), "Another story of another shepherd.\n");
    const { stdout } = await run();
    const [, folder] = /^Written: (.*)$/m.exec(stdout)!;
    const rows = await Deno.readTextFile(join(cwd, folder, "train.jsonl")) +
      await Deno.readTextFile(join(cwd, folder, "validation.jsonl"));
    assertStringIncludes(rows, "Another story");
    assert(!rows.includes("counts the flock"));
  });
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
