import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Backend } from "../../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import { defaultConfig } from "../../../lib/config/config.ts";
import {
  type GenerateRequest,
  type GenerateStats,
  type Generator,
  openGenerator,
} from "../../../lib/inference/generator.ts";
import { CharTokenizer } from "../../../lib/tokenizer/char_tokenizer.ts";
import { openRandomModel, openSuccessorModel } from "../../support/fixed_model.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { watchBackend } from "../../support/watched_backend.ts";

const TOKENIZER = new CharTokenizer(Array.from("abcdefgh", (letter) => letter.codePointAt(0)!));
const { vocabSize, endOfTextId } = TOKENIZER;

/** The model that continues every character of `text` with the next one, and the last with what `last` says. */
function openChain(
  backend: Backend,
  text: string,
  options: { last: number | "first"; maxSeqLen?: number },
): Generator {
  const ids = TOKENIZER.encode(text);
  const last = options.last === "first" ? ids[0] : options.last;
  const successors = new Map(Array.from(ids, (id, i) => [id, ids[i + 1] ?? last]));
  const gpt = openSuccessorModel(backend, { vocabSize, maxSeqLen: options.maxSeqLen ?? 16, successors });
  return openGenerator(backend, gpt, TOKENIZER);
}

function request(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return { ...defaultConfig().generate, temperature: 0, maxNewTokens: 20, ...changes };
}

/** Everything a generation said. */
async function said(generator: Generator, prompt: string, changes: Partial<GenerateRequest> = {}) {
  const pieces: string[] = [];
  const stats: GenerateStats[] = [];
  const options = { onEnd: (end: GenerateStats) => stats.push(end) };
  for await (const piece of generator.generate(prompt, request(changes), options)) pieces.push(piece);
  assertEquals(stats.length, 1, "onEnd is called once");
  const { promptTokens, newTokens, endedBy } = stats[0];
  return { text: pieces.join(""), pieces, promptTokens, newTokens, endedBy };
}

Deno.test("Generator.generate() goes on past the context, which is read again from its last half", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const generator = openChain(backend, "abcdefgh", { last: "first", maxSeqLen: 16 });
  const { text, newTokens, endedBy } = await said(generator, "h", { maxNewTokens: 50 });
  assertEquals(text, "abcdefgh".repeat(7).slice(0, 50));
  assertEquals([newTokens, endedBy], [50, "length"]);
  const long = "abcdefgh".repeat(5);
  assertEquals(
    (await said(generator, long, { maxNewTokens: 3 })).text,
    "abc",
    "a prompt longer than the context",
  );
  assertEquals((await said(generator, long, { maxNewTokens: 3 })).promptTokens, 40);
});

Deno.test("Generator.generate() works with a context of one token", async () => {
  await using backend = openReferenceBackend();
  const generator = openChain(backend, "abc", { last: "first", maxSeqLen: 1 });
  assertEquals((await said(generator, "ab", { maxNewTokens: 7 })).text, "cabcabc");
});

Deno.test("Generator.generate() ends at the end-of-text, which is not text", async () => {
  await using backend = openReferenceBackend();
  const generator = openChain(backend, "abcd", { last: endOfTextId });
  for (const tokensPerReadback of [1, 2, 3, 16]) {
    const { text, newTokens, endedBy } = await said(generator, "a", { tokensPerReadback });
    assertEquals([text, newTokens, endedBy], ["bcd", 3, "end of text"]);
  }
  assertEquals((await said(generator, "a", { maxNewTokens: 2 })).endedBy, "length");
});

Deno.test("Generator.generate() begins a new document where the prompt is empty", async () => {
  await using backend = openReferenceBackend();
  const ids = TOKENIZER.encode("ab");
  const successors = new Map([[endOfTextId, ids[0]], [ids[0], ids[1]], [ids[1], endOfTextId]]);
  const gpt = openSuccessorModel(backend, { vocabSize, maxSeqLen: 8, successors });
  assertEquals((await said(openGenerator(backend, gpt, TOKENIZER), "")).text, "ab");
});

Deno.test("Generator.generate() ends before a stop text, wherever the readbacks cut it", async () => {
  await using backend = openReferenceBackend();
  const generator = openChain(backend, "abcdefgh", { last: "first" });
  for (const tokensPerReadback of [1, 2, 3, 5, 16]) {
    const { text, endedBy } = await said(generator, "a", { stop: ["xyz", "efg"], tokensPerReadback });
    assertEquals([text, endedBy], ["bcd", "stop text"]);
    const { text: all } = await said(generator, "a", { stop: ["ex"], tokensPerReadback, maxNewTokens: 5 });
    assertEquals(all, "bcdef", "what only began like one is not lost");
  }
});

Deno.test("Generator.generate() never breaks a character whose bytes are tokens of their own", async () => {
  await using backend = openReferenceBackend();
  const generator = openChain(backend, "aé🐑b", { last: "first" });
  for (const tokensPerReadback of [1, 2, 3, 4]) {
    const { text, pieces } = await said(generator, "a", { tokensPerReadback, maxNewTokens: 16 });
    assertEquals(text, "é🐑ba".repeat(2));
    assert(pieces.every((piece) => piece !== "" && !piece.includes("\u{fffd}")), pieces.join("|"));
  }
});

Deno.test("Generator.generate() gives the same text for the same seed, however often it reads back", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const watched = watchBackend(backend);
  const gpt = openRandomModel(watched, { vocabSize, model: { maxSeqLen: 16 } });
  const generator = openGenerator(watched, gpt, TOKENIZER);
  const texts: string[] = [];
  for (const [tokensPerReadback, reads] of [[16, 5], [1, 40], [7, 8], [16, 5]]) {
    const before = watched.reads;
    // The context of 16 overflows four times on the way.
    const changes = { temperature: 1, topK: 0, topP: 1, maxNewTokens: 40, tokensPerReadback };
    texts.push((await said(generator, "abc", changes)).text);
    assert(
      watched.reads - before <= reads,
      `${watched.reads - before} readbacks of ${tokensPerReadback} tokens`,
    );
  }
  assertEquals(new Set(texts).size, 1);
  const other = await said(generator, "abc", {
    temperature: 1,
    topK: 0,
    topP: 1,
    maxNewTokens: 40,
    seed: 43,
  });
  assert(other.text !== texts[0]);
});

Deno.test("Generator.generate() reads back once for every tokens_per_readback tokens", async () => {
  await using backend = openReferenceBackend();
  const watched = watchBackend(backend);
  const generator = openChain(watched, "abcdefgh", { last: "first", maxSeqLen: 64 });
  for (const [maxNewTokens, tokensPerReadback] of [[32, 8], [33, 8], [5, 16], [20, 1]]) {
    const before = watched.reads;
    await said(generator, "a", { maxNewTokens, tokensPerReadback });
    assertEquals(watched.reads - before, Math.ceil(maxNewTokens / tokensPerReadback));
  }
});

Deno.test("Generator.generate() stops between two readbacks when asked to", async () => {
  await using backend = openReferenceBackend();
  const generator = openChain(backend, "abcdefgh", { last: "first" });
  let text = "";
  const options = {
    shouldStop: () => text.length >= 6,
    onEnd: ({ endedBy }: GenerateStats) => assertEquals(endedBy, "request"),
  };
  for await (
    const piece of generator.generate("h", request({ tokensPerReadback: 3, maxNewTokens: 100 }), options)
  ) {
    text += piece;
  }
  assertEquals(text, "abcdef");
});

Deno.test("openGenerator() refuses a tokenizer of another size", async () => {
  await using backend = openReferenceBackend();
  const gpt = openRandomModel(backend, { vocabSize: 13 });
  assertThrows(() => openGenerator(backend, gpt, TOKENIZER), UsageError, "has 265 tokens and the model 13");
});

Deno.test("Generator.generateAll() gives each prompt the text it gets alone, and samples that differ", async () => {
  await using backend = await openTestGpu() ?? openReferenceBackend();
  const gpt = openRandomModel(backend, { vocabSize, model: { maxSeqLen: 16 } });
  const changes = { temperature: 1, topK: 0, topP: 1, maxNewTokens: 30, tokensPerReadback: 7 };
  const alone = openGenerator(backend, gpt, TOKENIZER);
  const together = openGenerator(backend, gpt, TOKENIZER, { slots: 3 });
  const prompts = ["abc", "h", "abc", "", "gfedcbagfedcbagfedcba", "abc"];
  const texts = prompts.map(() => "");
  const ended: number[] = [];
  const pieces = together.generateAll(prompts, request(changes), {
    onEnd: (_, sample) => ended.push(sample),
  });
  for await (const { sample, text } of pieces) texts[sample] += text;
  assertEquals(ended.toSorted(), [0, 1, 2, 3, 4, 5], "each ends once");
  for (const i of [0, 1, 3, 4]) assertEquals(texts[i], (await said(alone, prompts[i], changes)).text);
  assertEquals(new Set([texts[0], texts[2], texts[5]]).size, 3);
});

Deno.test("Generator.generateAll() gives the slot of a text that ends to the next one", async () => {
  await using backend = openReferenceBackend();
  const watched = watchBackend(backend);
  const ids = TOKENIZER.encode("abcdefgh");
  const successors = new Map(Array.from(ids, (id, i) => [id, ids[i + 1] ?? endOfTextId]));
  const gpt = openSuccessorModel(watched, { vocabSize, maxSeqLen: 16, successors });
  const generator = openGenerator(watched, gpt, TOKENIZER, { slots: 2 });
  const texts = ["", "", "", ""];
  const prompts = ["a", "g", "f", "e"];
  const changes = { tokensPerReadback: 1 };
  for await (const { sample, text } of generator.generateAll(prompts, request(changes))) {
    texts[sample] += text;
  }
  assertEquals(texts, ["bcdefgh", "h", "gh", "fgh"]);
  assertEquals(watched.replays.get("decode"), 9, "the three short texts take turns beside the long one");
});
