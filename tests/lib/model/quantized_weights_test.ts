import { assert, assertEquals, assertThrows } from "@std/assert";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { gptParameters, modelShape } from "../../../lib/model/gpt_parameters.ts";
import { loadWeights, openModel } from "../../../lib/model/open_model.ts";
import { weightMemory } from "../../../lib/model/quantized_weights.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import { compileLogits, openRandomModel } from "../../support/fixed_model.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { assertClose, randomIntegers } from "../../support/operation_checks.ts";
import { tinyConfig } from "../../support/tiny_model.ts";

const VARIANTS = [
  { quantize: "q8", model: {} },
  { quantize: "q4", model: { bias: false, position: "sinusoidal" } },
  { quantize: "q4", model: { tieWeights: false, activation: "relu" } },
] as const;

for (const { quantize, model } of VARIANTS) {
  const name = Object.entries(model).map(([key, value]) => `${key} ${value}`).join(", ") || "all defaults";
  Deno.test(`a model in ${quantize} with ${name} gives the logits of the reference`, async () => {
    await using gpu = await openTestGpu();
    if (!gpu) return;
    await using reference = openReferenceBackend();
    const tokens = randomIntegers(8, 5, 37);
    const [expected, actual] = await Promise.all([reference, gpu].map(async (backend) => {
      const gpt = openRandomModel(backend, { vocabSize: 37, model, quantize });
      return await compileLogits(backend, gpt)(tokens);
    }));
    assertClose(actual, expected, { name: "logits", tolerance: 1e-3 });
  });
}

Deno.test("openModel() keeps no matrix in f32 when it is to be quantised", async () => {
  await using backend = openReferenceBackend();
  const shape = modelShape(tinyConfig().model, 37);
  const gpt = openModel(backend, shape, { trainable: false, quantize: "q8" });
  const names = [...gpt.table.parameters.keys()];
  assertEquals(names.filter((name) => gpt.table.parameters.get(name)!.shape.length > 1), ["wpe.weight"]);
  assertEquals(names.length + gpt.quantized.size, gptParameters(shape).length);
});

Deno.test("weightMemory() counts what is quantised and what is not", async () => {
  await using backend = openReferenceBackend();
  const config = tinyConfig({ model: { dModel: 128, numHeads: 2 } });
  const shape = modelShape(config.model, 320);
  const count = gptParameters(shape).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  const memory = (quantize: "none" | "q8" | "q4") =>
    weightMemory(openModel(backend, shape, { trainable: false, quantize }));
  assertEquals(memory("none"), { bytes: count * 4, f32Bytes: count * 4 });
  assertEquals(memory("q8").f32Bytes, count * 4);
  const ratio = (quantize: "q8" | "q4") => memory(quantize).f32Bytes / memory(quantize).bytes;
  assert(ratio("q8") > 3.6 && ratio("q8") < 4, String(ratio("q8")));
  assert(ratio("q4") > 6.5 && ratio("q4") < 8, String(ratio("q4")));
});

Deno.test("loadWeights() refuses to quantise what is not finite", async () => {
  await using backend = openReferenceBackend();
  const gpt = openModel(backend, modelShape(tinyConfig().model, 5), { trainable: false, quantize: "q4" });
  const weights = gptParameters(gpt.shape).map(({ name, shape }) => {
    return {
      name,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)).fill(name === "wte.weight" ? NaN : 1),
    };
  });
  assertThrows(() => loadWeights(backend, gpt, weights), UsageError, "Cannot quantize wte.weight");
});
