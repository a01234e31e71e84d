import { assert, assertNotEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import { trainFromFiles } from "../../../lib/training/pipeline.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { withFolder } from "../../support/program.ts";
import { TINY_FILES, tinyRunConfig } from "../../support/tiny_corpus.ts";
import { makeSteps, openTinyRun, randomBatches, tinyConfig } from "../../support/tiny_model.ts";

/** Losses of 50 steps that learn one batch by heart. */
async function losses(operands: "f32" | "f16"): Promise<number[] | undefined> {
  await using gpu = await openTestGpu({ kernels: "tile", operands });
  if (!gpu?.device.traits.hasF16) return undefined;
  const config = tinyConfig({ training: { learningRate: 1e-2 } });
  const { trainer } = openTinyRun(gpu, config, 13);
  const batches = randomBatches(config, 13);
  const same = {
    ...batches,
    trainingBatch: (_: number, tokens: Uint32Array, targets: Uint32Array) =>
      batches.trainingBatch(0, tokens, targets),
  };
  return (await makeSteps(trainer, same, 50)).map(({ loss }) => loss);
}

Deno.test("Trainer learns with f16 operands as with f32: losses of 50 steps within a hundredth", async () => {
  const [exact, half] = [await losses("f32"), await losses("f16")];
  if (!exact || !half) return;
  assert(exact[49] < exact[0] / 4, `from ${exact[0]} to ${exact[49]}`);
  assertNotEquals(half, exact);
  half.forEach((loss, step) => {
    const difference = Math.abs(loss - exact[step]);
    assert(difference <= 1e-2 * (0.1 + exact[step]), `step ${step}: ${loss} instead of ${exact[step]}`);
  });
});

Deno.test("trainFromFiles() takes a finished run with f32 operands for another one than with f16", async () => {
  const gpu = await openTestGpu();
  await gpu?.[Symbol.asyncDispose]();
  if (!gpu?.device.traits.hasF16) return;
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { resources: { device: "auto", kernels: "tile" } });
    await trainFromFiles(config);
    config.resources.operands = "f16";
    await assertRejects(() => trainFromFiles(config), UsageError, "with another resources.operands");
  });
});
