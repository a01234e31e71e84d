import { assertAlmostEquals, assertEquals } from "@std/assert";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { Evaluator } from "../../../lib/evaluation/evaluator.ts";
import { openQuantized } from "../../../lib/model/open_model.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { openTestBackend, openTinyRun, randomBatches, tinyConfig } from "../../support/tiny_model.ts";

const V = 13;

Deno.test("Evaluator.evaluate() measures what Trainer.evaluate() does", async () => {
  await using backend = await openTestBackend();
  const config = tinyConfig({ model: { dropout: 0.3 }, training: { evalBatches: 3 } });
  const { gpt, trainer } = openTinyRun(backend, config, V);
  const source = randomBatches(config, V);
  const expected = await trainer.evaluate(source);
  const actual = await new Evaluator(backend, gpt, { batchSize: 2 }).evaluate(source, { evalBatches: 3 });
  assertEquals(actual.tokens, expected.tokens);
  assertAlmostEquals(actual.loss, expected.loss, 1e-6);
});

Deno.test("Evaluator.evaluate() spreads its batches, adds up many and stops when asked to", async () => {
  await using backend = openReferenceBackend();
  const config = tinyConfig({ model: { numLayers: 1 } });
  const { gpt } = openTinyRun(backend, config, V);
  const asked: number[] = [];
  const source = {
    evaluationBatches: 40,
    evaluationBatch(index: number, tokens: Uint32Array, targets: Uint32Array): number {
      asked.push(index);
      tokens.fill(1);
      targets.fill(1);
      return tokens.length;
    },
  };
  const evaluator = new Evaluator(backend, gpt, { batchSize: 1 });
  const one = await evaluator.evaluate(source, { evalBatches: 1 });
  asked.length = 0;
  const some = await evaluator.evaluate(source, { evalBatches: 4 });
  assertEquals([asked, some.tokens], [[0, 10, 20, 30], 4 * 8]);
  assertAlmostEquals(some.loss, one.loss, 1e-6);
  const done: number[] = [];
  const all = await evaluator.evaluate(source, { onProgress: (batches) => done.push(batches) });
  assertEquals([done, all.tokens], [[16, 32, 40], 40 * 8]);
  assertAlmostEquals(all.loss, one.loss, 1e-6);
  const early = await evaluator.evaluate(source, { shouldStop: () => done.push(0) > 4 });
  assertEquals(early.tokens, 16 * 8);
});

for (const quantize of ["q8", "q4"] as const) {
  Deno.test(`Evaluator.evaluate() of a model in ${quantize} on the GPU gives the loss of the reference`, async () => {
    await using gpu = await openTestGpu();
    if (!gpu) return;
    await using reference = openReferenceBackend();
    const config = tinyConfig({ model: { dModel: 24, numHeads: 3, maxSeqLen: 16 } });
    const losses: number[] = [];
    for (const backend of [gpu, reference]) {
      const { gpt } = openTinyRun(backend, config, V);
      const quantized = await openQuantized(backend, gpt, quantize);
      const evaluator = new Evaluator(backend, quantized, { batchSize: 2 });
      losses.push((await evaluator.evaluate(randomBatches(config, V))).loss);
    }
    assertAlmostEquals(losses[0], losses[1], 1e-5);
  });
}
