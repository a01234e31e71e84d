// The operations of a whole step, added up by hand and by what every dispatch says of itself.

import { assertEquals } from "@std/assert";
import { type ChosenFamily, type RecordedDispatch, Recorder } from "../../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { createTensor } from "../../../kernels/program/tensor.ts";
import { bytesOf } from "../../../kernels/program/work.ts";
import { modelShape } from "../../../lib/model/gpt_parameters.ts";
import { openModel } from "../../../lib/model/open_model.ts";
import { compileTraining, microStepTape } from "../../../lib/training/training_programs.ts";
import { tinyConfig } from "../../support/tiny_model.ts";

const [B, T, C, H, L, V] = [2, 64, 32, 2, 3, 96];
const N = B * T;

async function dispatchesOf(family: ChosenFamily): Promise<RecordedDispatch[]> {
  await using backend = openReferenceBackend();
  const config = tinyConfig({
    model: { dModel: C, numLayers: L, numHeads: H, maxSeqLen: T, dropout: 0 },
    training: { batchSize: B },
  });
  const gpt = openModel(backend, modelShape(config.model, V), { trainable: true });
  const { batch } = compileTraining(backend, gpt, config);
  const recorder = new Recorder({
    family,
    traits: {
      adapter: "made up",
      isSoftware: family !== "tile",
      subgroupSize: 8,
      hasTimestamps: true,
      hasF16: true,
      maxBindingBytes: 2 ** 27,
      maxBufferBytes: 2 ** 30,
      maxTextureRows: 16384,
      maxWorkgroupBytes: 32768,
      offsetAlignment: 256,
    },
    parameterTexture: (_, make) => make().texture,
  });
  const loss = createTensor("loss", [1], { lifetime: "persistent" });
  for (const call of microStepTape(gpt, config, { batch, loss }).calls) call.pass.lower(call, recorder);
  return recorder.dispatches;
}

const PRODUCTS = /^matmul|^attention_(?:forward|backward)/;

for (const family of ["tile", "wave", "plain"] as const) {
  Deno.test(`the products of a step are counted right, with ${family} kernels`, async () => {
    const products = (await dispatchesOf(family)).filter(({ kernel }) => PRODUCTS.test(kernel));
    // Forward, and by either operand backward: qkv, projection, feed-forward up and down, logits.
    const dense = 3 * 2 * N * (L * (3 * C * C + C * C + 4 * C * C + 4 * C * C) + V * C);
    // Over the pairs of positions in order: scores and values forward, twice as many backward; scores that were not
    // kept are computed once more for queries and once more, with their gradients, for keys.
    const attention = (family === "plain" ? 6 : 9) * 2 * L * B * C * T * (T + 1) / 2;
    assertEquals(products.reduce((sum, { flops = 0 }) => sum + flops, 0), dense + attention);
  });
}

for (const family of ["tile", "wave", "plain"] as const) {
  Deno.test(`every dispatch of a step moves something, and no more than is bound, with ${family} kernels`, async () => {
    for (const dispatch of await dispatchesOf(family)) {
      const bound = bytesOf({ ...dispatch, bytes: undefined });
      const bytes = bytesOf(dispatch);
      const isFine = bytes > 0 && bytes <= 2 * bound && Number.isInteger(bytes);
      assertEquals(isFine, true, `${dispatch.kernel} moves ${bytes} of ${bound} bytes`);
    }
  });
}

const pairs = T * (T + 1) / 2;
/**
 * Floats moved and operations done by one dispatch of a kernel; T is a multiple of 64, so zeros fill the
 * squares.
 */
const BY_HAND: Readonly<Record<string, { floats: number; flops: number }>> = {
  embedding_forward: { floats: 2 * N + C * (N + V + T), flops: N * C },
  layer_norm_forward: { floats: 2 * N * C + 2 * C + 2 * N, flops: 8 * N * C },
  attention_softmax: { floats: B * H * (pairs + T * T), flops: 9 * B * H * pairs },
  attention_softmax_backward: { floats: B * H * (2 * pairs + T * T), flops: 5 * B * H * pairs },
  linear_cross_entropy_rows: { floats: N * (2 + 2 * V), flops: 9 * N * V },
  activation_backward: { floats: 3 * N * 4 * C, flops: 20 * N * 4 * C },
};

for (const [kernel, { floats, flops }] of Object.entries(BY_HAND)) {
  Deno.test(`${kernel} says how much work it is`, async () => {
    const dispatch = (await dispatchesOf("plain")).find((dispatch) => dispatch.kernel === kernel)!;
    assertEquals([bytesOf(dispatch), dispatch.flops], [4 * floats, flops]);
  });
}
