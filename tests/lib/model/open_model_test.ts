import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import { defaultConfig } from "../../../lib/config/config.ts";
import { gptParameters, modelShape } from "../../../lib/model/gpt_parameters.ts";
import { initializeModel, loadWeights, openModel, readWeights } from "../../../lib/model/open_model.ts";
import { openTestBackend, tinyConfig } from "../../support/tiny_model.ts";

const SHAPE = modelShape(tinyConfig().model, 13);

Deno.test("gptParameters() of GPT-2 small has 124,439,808 numbers, under its published names", () => {
  const { model } = defaultConfig();
  Object.assign(model, { dModel: 768, numLayers: 12, numHeads: 12, maxSeqLen: 1024 });
  const specs = gptParameters(modelShape(model, 50257));
  const count = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assertEquals(count, 124_439_808);
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape.join("x")]));
  assertEquals(shapes.get("wte.weight"), "50257x768");
  assertEquals(shapes.get("h.11.attn.c_attn.weight"), "768x2304");
  assertEquals(shapes.get("h.0.mlp.c_proj.bias"), "768");
  assertEquals(specs.length, 148);
});

Deno.test("gptParameters() decays matrices only, and scales projections into the residual stream down", () => {
  for (const { shape, decay, init, name } of gptParameters(SHAPE)) {
    assertEquals(decay, shape.length === 2, name);
    if (init.kind !== "normal") continue;
    assertEquals(init.std, name.endsWith("c_proj.weight") ? 0.02 / Math.sqrt(4) : 0.02, name);
  }
});

Deno.test("initializeModel() draws the same numbers for a seed on every device, and others for another", async () => {
  const weights = [];
  for (
    const [open, seed] of [[openTestBackend, 1], [openReferenceBackend, 1], [
      openReferenceBackend,
      2,
    ]] as const
  ) {
    await using backend = await open();
    const gpt = openModel(backend, SHAPE, { trainable: true });
    initializeModel(backend, gpt, seed);
    weights.push(await readWeights(backend, gpt));
  }
  assertEquals(weights[0], weights[1]);
  assertNotEquals(weights[0], weights[2]);
  const values = weights[0].find(({ name }) => name === "h.0.mlp.c_fc.weight")!.data as Float32Array;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  assert(Math.abs(deviation - 0.02) < 0.002, `standard deviation ${deviation}`);
});

Deno.test("loadWeights() takes what readWeights() gave, and refuses what does not fit", async () => {
  await using backend = openReferenceBackend();
  const gpt = openModel(backend, SHAPE, { trainable: true });
  initializeModel(backend, gpt, 1);
  const weights = await readWeights(backend, gpt);
  const copy = openModel(backend, SHAPE, { trainable: false });
  loadWeights(backend, copy, weights);
  assertEquals(await readWeights(backend, copy), weights);
  const load = (changed: typeof weights) => () => loadWeights(backend, copy, changed);
  assertThrows(load(weights.slice(1)), UsageError, "1 missing (wte.weight)");
  assertThrows(
    load([...weights, { ...weights[0], name: "wte2.weight" }]),
    UsageError,
    "1 unexpected (wte2.weight)",
  );
  const narrow = weights.map((weight) => weight.name === "ln_f.bias" ? { ...weight, shape: [4, 4] } : weight);
  assertThrows(load(narrow), UsageError, "ln_f.bias is [4,4] instead of [16]");
});
