import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { UsageError } from "../../../lib/common/errors.ts";
import { CharTokenizer, trainCharTokenizer } from "../../../lib/tokenizer/char_tokenizer.ts";
import { formatTokenizer, parseTokenizer, readTokenizer } from "../../../lib/tokenizer/tokenizer_file.ts";
import { openTempFolder } from "../common/temp_folder.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const TEXT = 'The "sheep" \\ said:\n\tb\u00e4h \u20ac \u{1f411}\u0007\u2028\ufeff';
const TOKENIZER = await trainCharTokenizer([TEXT]);

function changed(change: (file: Json) => unknown): string {
  const file = JSON.parse(formatTokenizer(TOKENIZER));
  const replaced = change(file);
  return JSON.stringify(replaced === undefined ? file : replaced);
}

Deno.test("parseTokenizer() gives back what formatTokenizer() wrote", async () => {
  const text = fc.string({ unit: "binary" });
  await fc.assert(fc.asyncProperty(text, async (seen) => {
    const tokenizer = await trainCharTokenizer([seen]);
    const again = parseTokenizer(formatTokenizer(tokenizer));
    assertEquals([again.kind, again.vocabSize, again.endOfTextId], ["char", tokenizer.vocabSize, 0]);
    assertEquals(again.toJson(), tokenizer.toJson());
    assertEquals(again.encode(seen), tokenizer.encode(seen));
  }));
});

Deno.test("readTokenizer() reads a file and names one it cannot read", async () => {
  await using temp = await openTempFolder();
  const path = join(temp.path, "tokenizer.json");
  await Deno.writeTextFile(path, formatTokenizer(TOKENIZER));
  assertEquals((await readTokenizer(path)).decode(TOKENIZER.encode(TEXT)), TEXT);
  await Deno.writeTextFile(path, "{");
  await assertRejects(() => readTokenizer(path), UsageError, `${path}: it is not JSON`);
  await assertRejects(() => readTokenizer(join(temp.path, "none")), UsageError, "no such file");
  await assertRejects(() => readTokenizer(temp.path), UsageError, "not a file");
  await Deno.truncate(path, 17 * 2 ** 20);
  await assertRejects(() => readTokenizer(path), UsageError, "bytes are more than");
});

Deno.test("parseTokenizer() refuses every file that is not such a tokenizer, saying why", () => {
  const cases: [string, string][] = [
    ["", "not JSON"],
    ["[".repeat(100_000), "not JSON"],
    ["null", "no model"],
    ["[]", "no model"],
    [changed((file) => delete file.model && undefined), "no model"],
    [changed((file) => void (file.model.type = "WordPiece")), 'model.type is "WordPiece"'],
    [changed((file) => void (file.model.merges = [["a", "b"]])), "model.merges"],
    [changed((file) => void (file.model.byte_fallback = false)), "byte_fallback"],
    [changed((file) => void (file.normalizer = { type: "NFC" })), "normalizer must be null"],
    [changed((file) => void (file.pre_tokenizer = { type: "ByteLevel" })), "pre_tokenizer must be null"],
    [changed((file) => void (file.model.unk_token = "<unk>")), "model.unk_token must be null"],
    [changed((file) => void (file.added_tokens = [])), "added_tokens"],
    [changed((file) => void file.added_tokens.push({ id: 300, content: "<s>" })), "added_tokens"],
    [changed((file) => void (file.model.vocab = [])), "model.vocab must be an object"],
    [changed((file) => void (file.model.vocab.b = 1)), 'the id of "b" is 1'],
    [changed((file) => void (file.model.vocab.b = -1)), 'the id of "b" is -1'],
    [changed((file) => void (file.model.vocab.b = 1.5)), 'the id of "b" is 1.5'],
    [changed((file) => void (file.model.vocab.b = "7")), 'the id of "b" is "7"'],
    [changed((file) => void (file.model.vocab.b = 1e9)), 'the id of "b" is 1000000000'],
    [changed((file) => void (file.model.vocab["<0x-1>"] = 300)), "must be 0 to"],
    [changed((file) => void delete file.model.vocab["<0x41>"]), "must be 0 to"],
    [changed((file) => renamed(file, ["<0x41>", "<0x-1>"])), "it must be <0x41>"],
    [changed((file) => renamed(file, ["b", "be"])), '"be" is not one character'],
    [changed((file) => renamed(file, ["b", "\ud83d"])), "half a character"],
  ];
  for (const [json, rule] of cases) {
    const error = assertThrows(() => parseTokenizer(json), UsageError);
    assert(error.message.startsWith("Cannot read the tokenizer tokenizer.json: "), error.message);
    assert(error.message.includes(rule) && !error.message.includes("\n"), `${rule}: ${error.message}`);
  }
});

Deno.test("parseTokenizer() refuses more characters than it can hold", () => {
  const file: Json = JSON.parse(formatTokenizer(new CharTokenizer([])));
  for (let at = 0; at <= 60_000; at++) file.model.vocab[String.fromCodePoint(0x10000 + at)] = 257 + at;
  assertThrows(() => parseTokenizer(JSON.stringify(file)), UsageError, "at most 60257");
});

Deno.test("formatTokenizer() writes a file that Hugging Face's tokenizers read with the same ids", async () => {
  const { Tokenizer } = await import("npm:@huggingface/tokenizers@0.2.0");
  const peer = new Tokenizer(JSON.parse(formatTokenizer(TOKENIZER)), { clean_up_tokenization_spaces: false });
  for (const text of [TEXT, "unseen \u00e9 \u4e2d \u{1f410}", "<0x41> stays text", "  two  spaces\n\n"]) {
    const ids = TOKENIZER.encode(text);
    assertEquals(peer.encode(text, { add_special_tokens: false }).ids, [...ids], text);
    assertEquals(peer.decode([...ids]), text);
  }
  assertEquals(peer.encode("<|endoftext|>").ids, [TOKENIZER.endOfTextId]);
});

/** Renames a token, its id kept. */
function renamed(file: Json, [from, to]: [string, string]): Json {
  const vocab = Object.entries(file.model.vocab).map(([token, id]) => [token === from ? to : token, id]);
  return { ...file, model: { ...file.model, vocab: Object.fromEntries(vocab) } };
}
