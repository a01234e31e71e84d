import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { openStagingFolder } from "../../../lib/common/atomic_file.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import { sha256File } from "../../../lib/common/hash.ts";
import type { Config } from "../../../lib/config/config.ts";
import { openTokenFile, verifyTokenFile } from "../../../lib/dataset/token_file.ts";
import { type TokenDataset, tokenize, type TokenizeProgress } from "../../../lib/dataset/tokenize.ts";
import { ingest } from "../../../lib/ingest/ingest.ts";
import { readTokenizer } from "../../../lib/tokenizer/tokenizer_file.ts";
import { openCorpus, splitRows } from "../ingest/ingest_fixture.ts";

async function run(config: Config): Promise<TokenDataset> {
  return await tokenize(config, await ingest(config));
}

function idsOf(path: string): Uint32Array {
  using file = openTokenFile(path);
  const ids = new Uint32Array(file.numTokens);
  file.read(0, ids);
  return ids;
}

const FILES = {
  "a.txt": "The lamb ran.\nThe dog did not.\n",
  "b.md": "# Caf\u00e9 \u{1f411}\n",
  "c.py": "def f():\n\treturn 1\n",
  "d.txt": "The last one.",
};

Deno.test("tokenize() writes token files that decode to the documents, an end-of-text behind each", async () => {
  await using corpus = await openCorpus(FILES);
  const text = await ingest(corpus.config());
  const { dir, hash, info, upToDate } = await tokenize(corpus.config(), text);
  assertEquals([dir, upToDate], [join(corpus.cache, "tokens", hash.slice(0, 12)), false]);
  const tokenizer = await readTokenizer(join(dir, info.tokenizer));
  assertEquals([info.vocabSize, info.endOfTextId], [tokenizer.vocabSize, 0]);
  for (const name of ["train", "validation"] as const) {
    const rows = await splitRows(text.dir, name);
    const path = join(dir, info[name].file);
    verifyTokenFile(path);
    const expected = rows.flatMap((row) => [...tokenizer.encode(row.text), 0]);
    assertEquals([...idsOf(path)], expected);
    const bytes = rows.reduce((sum, row) => sum + new TextEncoder().encode(row.text).length, 0);
    const { tokens, documents, bytes: textBytes, fileBytes, sha256 } = info[name];
    assertEquals([tokens, documents, textBytes], [expected.length, rows.length, bytes]);
    assertEquals([fileBytes, sha256], [(await Deno.stat(path)).size, await sha256File(path)]);
    using file = openTokenFile(path);
    assertEquals([file.numTokens, file.numDocuments, file.textBytes, file.vocabSize], [
      tokens,
      documents,
      bytes,
      info.vocabSize,
    ]);
  }
});

Deno.test("tokenize() learns characters from the training split only", async () => {
  await using corpus = await openCorpus({ "a.txt": "abc ".repeat(100) + "xyz ".repeat(10) });
  const { dir, info } = await run(corpus.config());
  const { model } = (await readTokenizer(join(dir, info.tokenizer))).toJson();
  assert("a" in model.vocab && !("x" in model.vocab));
  assert(idsOf(join(dir, "validation.bin")).includes(model.vocab["<0x78>"]));
});

Deno.test("tokenize() does nothing twice, whatever else in the configuration changes", async () => {
  await using corpus = await openCorpus(FILES);
  const first = await run(corpus.config());
  const config = corpus.config();
  config.model.maxSeqLen = 8;
  config.training.seed = 7;
  assertEquals(await run(config), { ...first, upToDate: true });
  await corpus.add({ "e.png": "a picture changes nothing" });
  assertEquals((await run(config)).upToDate, true);
  await corpus.add({ "e.txt": "a new document changes the data" });
  const other = await run(config);
  assertEquals(other.upToDate, false);
  assertNotEquals(other.hash, first.hash);
});

Deno.test("tokenize() waits for nobody when there is nothing to do", async () => {
  await using corpus = await openCorpus(FILES);
  await run(corpus.config());
  await using _busy = await openStagingFolder(join(corpus.cache, "tokens"));
  assertEquals((await run(corpus.config())).upToDate, true);
});

Deno.test("tokenize() gives the same bytes every time", async () => {
  await using one = await openCorpus(FILES);
  await using two = await openCorpus(FILES);
  const [first, second] = [await run(one.config()), await run(two.config())];
  assertEquals([second.hash, second.info], [first.hash, first.info]);
});

Deno.test("tokenize() writes again what is damaged", async () => {
  await using corpus = await openCorpus(FILES);
  const { dir, info } = await run(corpus.config());
  for (
    const damage of [
      () => Deno.truncate(join(dir, "train.bin"), 200),
      () => Deno.remove(join(dir, "validation.bin")),
      () => Deno.writeTextFile(join(dir, "tokenizer.json"), "{}"),
      () => Deno.writeTextFile(join(dir, "dataset.json"), "null"),
    ]
  ) {
    await damage();
    assertEquals(await run(corpus.config()).then((again) => [again.upToDate, again.info]), [false, info]);
  }
});

Deno.test("tokenize() refuses a vocabulary size that is not the tokenizer's", async () => {
  await using corpus = await openCorpus({ "a.txt": "abba abba abba" });
  const config = corpus.config();
  config.model.vocabSize = 260;
  assertEquals((await run(config)).info.vocabSize, 260);
  config.model.vocabSize = 65;
  await assertRejects(
    () => run(config),
    UsageError,
    "Cannot use model.vocab_size 65: the tokenizer of this data has 260",
  );
});

Deno.test("tokenize() copes with the smallest data there is", async () => {
  const smallest: Record<string, string>[] = [{ "a.txt": "a" }, { "a.txt": "aaaaaaaaaa" }, {
    "a.txt": "a",
    "b.txt": "b",
  }];
  for (const files of smallest) {
    await using corpus = await openCorpus(files);
    const { info } = await run(corpus.config());
    assert(info.train.tokens > 0 && info.train.documents > 0);
    assertEquals(info.validation.tokens - info.validation.documents, info.validation.bytes);
  }
});

Deno.test("tokenize() reports its progress", async () => {
  await using corpus = await openCorpus({ "a.txt": "abba abba", "b.txt": "baab baab" });
  const config = corpus.config({ validationFraction: 0 });
  const events: TokenizeProgress[] = [];
  await tokenize(config, await ingest(config), { onProgress: (event) => events.push(event) });
  assertEquals(events, [
    { stage: "train", documents: 2, totalDocuments: 2 },
    { stage: "encode", documents: 2, totalDocuments: 2 },
  ]);
});
