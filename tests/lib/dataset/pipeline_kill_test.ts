import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { basename, dirname, join } from "node:path";
import { sha256File } from "../../../lib/common/hash.ts";
import { openCorpus } from "../ingest/ingest_fixture.ts";

const PIPELINE = fromFileUrl(new URL("_pipeline.ts", import.meta.url));

/** Runs the pipeline, and kills it when it says `stage`. */
async function run(corpus: string, cache: string, stage?: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", PIPELINE, corpus, cache],
    stdout: "piped",
  }).spawn();
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (stage !== undefined && said.includes(stage)) {
      child.kill("SIGKILL");
      stage = undefined;
    }
  }
  await child.status;
  return said.trim().split("\n").at(-1)!;
}

async function filesBelow(dir: string): Promise<string[]> {
  const names: string[] = [];
  for (const part of ["text", "tokens"]) {
    for await (const set of Deno.readDir(join(dir, part))) {
      if (set.isDirectory) names.push(...await filesIn(join(dir, part, set.name)));
    }
  }
  return names.sort();
}

async function filesIn(set: string): Promise<string[]> {
  return await Promise.all(
    (await Array.fromAsync(Deno.readDir(set))).map(async ({ name }) =>
      `${basename(dirname(set))}/${basename(set)}/${name} ${await sha256File(join(set, name))}`
    ),
  );
}

Deno.test("ingest() and tokenize() killed at any stage finish the same when run again", async () => {
  const lines = Array.from({ length: 8_000 }, (_, at) => `Line ${at} of a flock of ${at * 7 % 1013} sheep.`);
  await using corpus = await openCorpus({ "a.txt": lines.join("\n"), "b.txt": "one more\nand two" });
  await run(corpus.path, corpus.cache);
  const expected = await filesBelow(corpus.cache);
  assertEquals(expected.length, 8);
  for (const stage of ["ingest scan", "ingest read", "tokenize train", "tokenize encode"]) {
    const cache = `${corpus.cache}-${stage.replace(" ", "-")}`;
    const last = await run(corpus.path, cache, stage);
    assert(!last.startsWith("/"), `killed too late: ${last}`);
    await run(corpus.path, cache);
    assertEquals(await filesBelow(cache), expected, stage);
  }
});
