import { assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { Batches } from "../../../lib/dataset/batches.ts";
import { openTokenFile } from "../../../lib/dataset/token_file.ts";
import { openTokenFileWriter } from "../../../lib/dataset/token_file_writer.ts";
import type { BatchSource } from "../../../lib/training/trainer.ts";
import { withFolder } from "../../support/program.ts";
import { randomIntegers } from "../../support/operation_checks.ts";
import { makeSteps, openTestBackend, openTinyRun, tinyConfig } from "../../support/tiny_model.ts";

const V = 13;
const T = 8;

/** Calls with the batches of B sequences over a file of `numTokens` random tokens. */
async function withBatches(
  numTokens: number,
  call: (batches: (B: number) => Batches) => Promise<void>,
): Promise<void> {
  await withFolder({}, async (folder) => {
    const path = join(folder, "tokens.bin");
    {
      using writer = openTokenFileWriter(path, { vocabSize: V, endOfTextId: 0 });
      writer.write(randomIntegers(numTokens - 1, 3, V - 1).map((id) => id + 1), numTokens - 1);
      writer.finish();
    }
    using file = openTokenFile(path);
    await call((batchSize) => new Batches(file, { batchSize, maxSeqLen: T, seed: 1 }));
  });
}

Deno.test("Trainer.evaluate() counts every token of the split but the first once, padding never", async () => {
  await using backend = await openTestBackend();
  await withBatches(52, async (batchesOf) => {
    const losses: number[] = [];
    for (const batchSize of [1, 2, 5]) {
      const config = tinyConfig({ training: { batchSize, evalBatches: 0 } });
      const { trainer } = openTinyRun(backend, config, V);
      const { loss, tokens } = await trainer.evaluate(batchesOf(batchSize));
      assertEquals(tokens, 51, "6 whole windows and one of 3");
      losses.push(loss);
    }
    assertAlmostEquals(losses[0], losses[1], 1e-5, "the padded last window has no say");
    assertAlmostEquals(losses[0], losses[2], 1e-5);
  });
});

Deno.test("Trainer.evaluate() is the mean of the batches' losses weighted by their tokens", async () => {
  await using backend = openReferenceBackend();
  await withBatches(52, async (batchesOf) => {
    const batches = batchesOf(2);
    const config = tinyConfig({ training: { evalBatches: 0 } });
    const { trainer } = openTinyRun(backend, config, V);
    const whole = await trainer.evaluate(batches);
    let sum = 0;
    for (let index = 0; index < batches.evaluationBatches; index++) {
      const one: BatchSource = {
        trainingBatch: () => {},
        evaluationBatches: 1,
        evaluationBatch: (_, tokens, targets) => batches.evaluationBatch(index, tokens, targets),
      };
      const { loss, tokens } = await trainer.evaluate(one);
      sum += loss * tokens;
    }
    assertAlmostEquals(whole.loss, sum / 51, 1e-6);
  });
});

Deno.test("Trainer.evaluate() stops after training.eval_batches", async () => {
  await using backend = openReferenceBackend();
  await withBatches(52, async (batchesOf) => {
    const tokens: number[] = [];
    for (const evalBatches of [0, 1, 2, 1000]) {
      const { trainer } = openTinyRun(backend, tinyConfig({ training: { evalBatches } }), V);
      tokens.push((await trainer.evaluate(batchesOf(2))).tokens);
    }
    assertEquals(tokens, [51, 16, 32, 51]);
  });
});

Deno.test("Trainer.evaluate() changes nothing of the run and uses no dropout", async () => {
  await using backend = await openTestBackend();
  await withBatches(52, async (batchesOf) => {
    const batches = batchesOf(2);
    const runs = [];
    for (const evaluates of [true, false]) {
      const config = tinyConfig({ model: { dropout: 0.5 }, training: { evalBatches: 0 } });
      const { trainer } = openTinyRun(backend, config, V);
      const results = await makeSteps(trainer, batches, 2);
      if (evaluates) {
        const first = await trainer.evaluate(batches);
        assertEquals(await trainer.evaluate(batches), first, "the same each time");
        const plain = openTinyRun(backend, tinyConfig({ training: { evalBatches: 0 } }), V).trainer;
        plain.restore(await trainer.snapshot(), 2);
        assertEquals(await plain.evaluate(batches), first, "what a model without dropout gives");
      }
      results.push(...await makeSteps(trainer, batches, 2));
      runs.push({ results, snapshot: await trainer.snapshot() });
    }
    assertEquals(runs[0], runs[1]);
  });
});

Deno.test("Trainer.evaluate() spreads its batches over the split", async () => {
  await using backend = openReferenceBackend();
  const asked: number[] = [];
  const source: BatchSource = {
    trainingBatch: () => {},
    evaluationBatches: 10,
    evaluationBatch: (index, tokens) => {
      asked.push(index);
      return tokens.length;
    },
  };
  const { trainer } = openTinyRun(backend, tinyConfig({ training: { evalBatches: 4 } }), V);
  await trainer.evaluate(source);
  assertEquals(asked, [0, 2, 5, 7]);
});
