import { assert, assertEquals } from "@std/assert";
import { Decoder } from "../../../lib/inference/decoder.ts";
import { IGNORED_TARGET } from "../../../lib/dataset/batches.ts";
import type { BatchSource } from "../../../lib/training/trainer.ts";
import { randomIntegers } from "../../support/operation_checks.ts";
import {
  makeSteps,
  openTestBackend,
  openTinyRun,
  sampleBatches,
  tinyConfig,
} from "../../support/tiny_model.ts";

Deno.test("Trainer learns one batch by heart", async () => {
  await using backend = await openTestBackend();
  const config = tinyConfig({ model: { dModel: 32 }, training: { learningRate: 1e-2, weightDecay: 0 } });
  const { trainer } = openTinyRun(backend, config, 13);
  const batches = sampleBatches(config, (sample) => randomIntegers(9, 1 + sample % 2, 13));
  const results = await makeSteps(trainer, batches, 80);
  assert(results[0].loss > 2, `loss ${results[0].loss} of the first step`);
  assert(results[79].loss < 0.05, `loss ${results[79].loss} of the last step`);
});

/** Letters 0 to 5, a separator, and the letters from last to first. */
const LENGTH = 4;
const LETTERS = 6;
const SEPARATOR = LETTERS;

function word(sample: number): number[] {
  return Array.from(randomIntegers(LENGTH, 7 + sample, LETTERS));
}

Deno.test("Trainer learns to reverse a string, and Decoder reverses ones it has not seen", async () => {
  await using backend = await openTestBackend();
  const config = tinyConfig({
    model: { dModel: 32, numHeads: 4, maxSeqLen: 2 * LENGTH },
    training: { batchSize: 32, learningRate: 5e-3, weightDecay: 0, beta2: 0.99 },
  });
  const { trainer, gpt } = openTinyRun(backend, config, LETTERS + 1);
  const all = sampleBatches(config, (sample) => [...word(sample), SEPARATOR, ...word(sample).reverse()]);
  const batches: BatchSource = {
    ...all,
    trainingBatch(microStep, tokens, targets): void {
      all.trainingBatch(microStep, tokens, targets);
      // Only the answer counts: the question is random.
      targets.forEach((_, i) => i % (2 * LENGTH) < LENGTH ? targets[i] = IGNORED_TARGET : 0);
    },
  };
  await makeSteps(trainer, batches, 150);
  const decoder = new Decoder(backend, gpt);
  let correct = 0;
  for (let i = 0; i < 20; i++) {
    const question = word(1_000_000 + i);
    decoder.start(Uint32Array.of(...question, SEPARATOR), {
      temperature: 0,
      topK: 0,
      topP: 1,
      seed: 1,
      stream: 0,
    });
    const answer = Array.from((await decoder.decode(LENGTH))[0]);
    if (answer.join() === question.reverse().join()) correct++;
  }
  assertEquals(correct, 20);
});
