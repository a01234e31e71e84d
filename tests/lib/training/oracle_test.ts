import { assertAlmostEquals } from "@std/assert";
import { loadWeights, openModel } from "../../../lib/model/open_model.ts";
import { Trainer } from "../../../lib/training/trainer.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { specBatches, specConfig, specShape, type SpecSize, specWeights } from "../../support/gpt_spec.ts";

/** Losses of the first four steps, as jax-js and tfjs both compute them. */
const ORACLES: { size: SpecSize; losses: number[] }[] = [
  { size: { L: 2, H: 2, C: 64, T: 64, B: 2, V: 256 }, losses: [5.55847, 5.52129, 5.50176, 5.51116] },
  { size: { L: 4, H: 4, C: 256, T: 256, B: 2, V: 256 }, losses: [5.58756, 5.21945, 4.95347, 4.71415] },
  { size: { L: 4, H: 4, C: 256, T: 256, B: 8, V: 256 }, losses: [5.58898, 5.11582, 4.70693, 4.41194] },
];

for (const { size, losses } of ORACLES) {
  Deno.test(`Trainer reproduces the losses of other frameworks for ${JSON.stringify(size)}`, async () => {
    await using gpu = await openTestGpu();
    if (!gpu) return;
    const gpt = openModel(gpu, specShape(size), { trainable: true });
    const trainer = new Trainer(gpu, gpt, specConfig(size));
    loadWeights(gpu, gpt, specWeights(size));
    for (let step = 0; step < losses.length; step++) trainer.queueStep(specBatches(size));
    const results = await trainer.drain();
    results.forEach(({ loss }, step) => assertAlmostEquals(loss, losses[step], 1e-4, `step ${step}`));
  });
}
