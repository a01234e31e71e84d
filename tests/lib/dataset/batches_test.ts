import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../lib/common/errors.ts";
import { Batches, IGNORED_TARGET } from "../../../lib/dataset/batches.ts";
import type { TokenFile } from "../../../lib/dataset/token_file.ts";
import { openCountingTokens } from "./_token_fixture.ts";

interface Shape {
  readonly batchSize: number;
  readonly maxSeqLen: number;
  readonly seed: number;
}

/** Batch number `microStep` as rows of tokens and targets. */
function batch(
  file: TokenFile,
  shape: Shape,
  microStep: number,
): { tokens: number[][]; targets: number[][] } {
  const { batchSize: B, maxSeqLen: T } = shape;
  const tokens = new Uint32Array(B * T), targets = new Uint32Array(B * T);
  new Batches(file, shape).trainingBatch(microStep, tokens, targets);
  const rows = (flat: Uint32Array): number[][] =>
    Array.from({ length: B }, (_, b) => [...flat.subarray(b * T, (b + 1) * T)]);
  return { tokens: rows(tokens), targets: rows(targets) };
}

/** First tokens of the windows of samples 0, 1, 2 ... */
function windowStarts(file: TokenFile, shape: Shape, samples: number): number[] {
  const starts: number[] = [];
  for (let step = 0; starts.length < samples; step++) {
    for (const row of batch(file, shape, step).tokens) starts.push(row[0]);
  }
  return starts.slice(0, samples);
}

const SHAPE = fc.record({
  batchSize: fc.integer({ min: 1, max: 5 }),
  maxSeqLen: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(),
  more: fc.integer({ min: 0, max: 60 }),
});

Deno.test("Batches visits every window of an epoch once, and nearly every token as a target", async () => {
  await fc.assert(
    fc.asyncProperty(SHAPE, async ({ more, ...shape }) => {
      const numTokens = shape.maxSeqLen + 1 + more;
      await using file = await openCountingTokens(numTokens);
      const windows = new Batches(file, shape).windowsPerEpoch;
      assertEquals(windows, Math.floor(numTokens / shape.maxSeqLen));
      const starts = windowStarts(file, shape, 3 * windows);
      for (let epoch = 0; epoch < 3; epoch++) {
        const one = starts.slice(epoch * windows, (epoch + 1) * windows);
        assertEquals(new Set(one).size, windows);
        // T apart on the ring, from one start of T possible ones
        const offsets = new Set(one.map((start) => positionOf(start, numTokens)));
        const covered = new Set([...offsets].flatMap((start) => range(start, shape.maxSeqLen, numTokens)));
        assertEquals(covered.size, windows * shape.maxSeqLen);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("Batches gives each token's successor as its target", async () => {
  await using file = await openCountingTokens(40);
  for (let step = 0; step < 20; step++) {
    const { tokens, targets } = batch(file, { batchSize: 3, maxSeqLen: 7, seed: 1 }, step);
    for (const [b, row] of tokens.entries()) {
      assertEquals(row.slice(1), targets[b].slice(0, -1));
      // the ring closes behind the end-of-text
      for (const [t, token] of row.entries()) assertEquals(targets[b][t], (token + 1) % 40);
    }
  }
});

Deno.test("Batches makes a batch from the seed and the step alone, so that a resumed run goes on exactly", async () => {
  await using file = await openCountingTokens(101);
  const shape = { batchSize: 3, maxSeqLen: 8, seed: 42 };
  const tokens = new Uint32Array(24), targets = new Uint32Array(24);
  const straight = new Batches(file, shape);
  const rows: string[] = [];
  for (let step = 0; step < 30; step++) {
    straight.trainingBatch(step, tokens, targets);
    rows.push(tokens.join() + targets.join());
  }
  for (const step of [29, 0, 13, 4]) {
    new Batches(file, shape).trainingBatch(step, tokens, targets);
    assertEquals(tokens.join() + targets.join(), rows[step]);
  }
});

Deno.test("Batches draws the same samples for every batch size", async () => {
  await using file = await openCountingTokens(64);
  const one = windowStarts(file, { batchSize: 1, maxSeqLen: 5, seed: 3 }, 60);
  assertEquals(windowStarts(file, { batchSize: 6, maxSeqLen: 5, seed: 3 }, 60), one);
  assertNotEquals(windowStarts(file, { batchSize: 1, maxSeqLen: 5, seed: 4 }, 60), one);
});

Deno.test("Batches changes the order and the offset from epoch to epoch", async () => {
  await using file = await openCountingTokens(160);
  const shape = { batchSize: 1, maxSeqLen: 8, seed: 5 };
  const starts = windowStarts(file, shape, 20 * 8).map((start) => positionOf(start, 160));
  const epochs = Array.from({ length: 8 }, (_, epoch) => starts.slice(20 * epoch, 20 * epoch + 20));
  assert(new Set(epochs.map((epoch) => epoch[0] % 8)).size > 3, "offsets");
  const orders = epochs.map((epoch) => epoch.map((start) => Math.floor(start / 8)).join());
  assertEquals(new Set(orders).size, 8);
  assertNotEquals(epochs[0], epochs[0].toSorted((a, b) => a - b));
});

Deno.test("Batches refuses to train on less than one window and says what to do", async () => {
  await using file = await openCountingTokens(6);
  assertEquals(new Batches(file, { batchSize: 2, maxSeqLen: 5, seed: 1 }).windowsPerEpoch, 1);
  const batches = new Batches(file, { batchSize: 2, maxSeqLen: 6, seed: 1 });
  for (
    const use of [
      () => batches.windowsPerEpoch,
      () => batches.trainingBatch(0, new Uint32Array(12), new Uint32Array(12)),
    ]
  ) {
    const error = assertThrows(use, UsageError);
    assert(error.message.includes("6 tokens") && error.message.includes("takes 7"), error.message);
    assert(error.message.includes("set model.max_seq_len to 5 or less, or add data"), error.message);
  }
});

Deno.test("Batches.evaluationBatch() makes every token but the first a target once, in order", async () => {
  const shapes = SHAPE.map(({ more, ...shape }) => ({ shape, numTokens: more }));
  await fc.assert(
    fc.asyncProperty(shapes, async ({ shape, numTokens }) => {
      await using file = await openCountingTokens(numTokens);
      const batches = new Batches(file, shape);
      const size = shape.batchSize * shape.maxSeqLen;
      const tokens = new Uint32Array(size), targets = new Uint32Array(size);
      const seen: number[] = [];
      for (let index = 0; index < batches.evaluationBatches; index++) {
        const valid = batches.evaluationBatch(index, tokens, targets);
        assert(valid > 0);
        assertEquals(targets.filter((target) => target !== IGNORED_TARGET).length, valid);
        for (const [at, target] of targets.entries()) {
          if (target === IGNORED_TARGET) assertEquals(tokens[at], 0);
          else assertEquals([tokens[at], seen.push(target)], [seen.length, seen.length]);
        }
      }
      const expected = Array.from({ length: Math.max(0, numTokens - 1) }, (_, at) => (at + 2) % numTokens);
      assertEquals(seen, expected);
      assertEquals(batches.evaluationBatch(batches.evaluationBatches, tokens, targets), 0);
      assert(targets.every((target) => target === IGNORED_TARGET));
    }),
    { numRuns: 60 },
  );
});

Deno.test("Batches.evaluationBatch() pads a split shorter than one window", async () => {
  await using file = await openCountingTokens(3);
  const tokens = new Uint32Array(8).fill(9), targets = new Uint32Array(8).fill(9);
  const batches = new Batches(file, { batchSize: 2, maxSeqLen: 4, seed: 1 });
  assertEquals(batches.evaluationBatch(0, tokens, targets), 2);
  assertEquals([...tokens], [1, 2, 0, 0, 0, 0, 0, 0]);
  assertEquals([...targets], [2, 0, ...new Array(6).fill(IGNORED_TARGET)]);
});

Deno.test("Batches refuses arrays of another shape and steps that are none", async () => {
  await using file = await openCountingTokens(30);
  const batches = new Batches(file, { batchSize: 2, maxSeqLen: 4, seed: 1 });
  const right = (): Uint32Array => new Uint32Array(8);
  assertThrows(() => batches.trainingBatch(0, new Uint32Array(7), right()), RangeError, "takes 8 of each");
  assertThrows(() => batches.evaluationBatch(0, right(), new Uint32Array(9)), RangeError, "takes 8 of each");
  for (const step of [-1, 0.5, NaN]) {
    assertThrows(() => batches.trainingBatch(step, right(), right()), RangeError, `batch ${step}`);
  }
});

/** Position of a token of {@linkcode openCountingTokens}. */
function positionOf(token: number, numTokens: number): number {
  return (token + numTokens - 1) % numTokens;
}

function range(start: number, length: number, numTokens: number): number[] {
  return Array.from({ length }, (_, at) => (start + at) % numTokens);
}
