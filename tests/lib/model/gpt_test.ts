import { assert, assertEquals } from "@std/assert";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import type { Backend } from "../../../kernels/program/backend.ts";
import { packStepControl } from "../../../kernels/program/step_control.ts";
import { createTensor } from "../../../kernels/program/tensor.ts";
import { sortSegments } from "../../../kernels/embedding/segments.ts";
import { type Config, defaultConfig } from "../../../lib/config/config.ts";
import { modelShape } from "../../../lib/model/gpt_parameters.ts";
import { initializeModel, openModel } from "../../../lib/model/open_model.ts";
import { compileTraining, microStepTape } from "../../../lib/training/training_programs.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { assertClose, randomIntegers } from "../../support/operation_checks.ts";

function tinyConfig(model: Partial<Config["model"]>): Config {
  const config = defaultConfig();
  Object.assign(config.model, { dModel: 16, numLayers: 2, numHeads: 2, maxSeqLen: 8, ...model });
  config.training.batchSize = 2;
  return config;
}

/** Loss and the gradient of every parameter after one micro-step. */
async function gradients(
  backend: Backend,
  config: Config,
  vocabSize: number,
): Promise<Map<string, Float32Array>> {
  const gpt = openModel(backend, modelShape(config.model, vocabSize), { trainable: true });
  initializeModel(backend, gpt, 7);
  const { batch } = compileTraining(backend, gpt, config);
  const loss = createTensor("loss", [1], { lifetime: "persistent" });
  const rows = config.training.batchSize * config.model.maxSeqLen;
  const tokens = randomIntegers(rows, 1, vocabSize);
  const segments = sortSegments(tokens);
  backend.write(batch.tokens, tokens);
  backend.write(batch.targets, randomIntegers(rows, 2, vocabSize));
  backend.write(batch.segments.order, segments.order);
  backend.write(batch.segments.starts, segments.starts);
  backend.write(batch.segments.ids, segments.ids);
  const control = { step: 3, seed: 5, firstSample: 4, lossDivisor: rows, learningRate: 0 };
  backend.write(batch.control, packStepControl(control));
  backend.compile(microStepTape(gpt, config, { batch, loss }).calls, "micro_step").replay();
  const results = new Map([["loss", (await backend.read(loss)) as Float32Array]]);
  for (const [parameter, gradient] of gpt.table.gradients) {
    results.set(parameter.name, (await backend.read(gradient)) as Float32Array);
  }
  return results;
}

const VARIANTS: Partial<Config["model"]>[] = [
  {},
  { bias: false, tieWeights: false, activation: "relu", position: "sinusoidal" },
  { dropout: 0.2 },
  { dModel: 15, numHeads: 3, maxSeqLen: 7 },
];

for (const variant of VARIANTS) {
  Deno.test(`the GPT on the GPU has the loss and every gradient of the reference: ${JSON.stringify(variant)}`, async () => {
    await using gpu = await openTestGpu();
    if (!gpu) return;
    await using reference = openReferenceBackend();
    const config = tinyConfig(variant);
    const expected = await gradients(reference, config, 13);
    const actual = await gradients(gpu, config, 13);
    assertEquals([...actual.keys()], [...expected.keys()]);
    for (const [name, values] of expected) assertClose(actual.get(name)!, values, { name, tolerance: 2e-4 });
  });
}

Deno.test("the initial loss is about ln V", async () => {
  await using reference = openReferenceBackend();
  const [loss] = (await gradients(reference, tinyConfig({}), 13)).get("loss")!;
  assert(Math.abs(loss - Math.log(13)) < 0.1, `loss ${loss}`);
});
