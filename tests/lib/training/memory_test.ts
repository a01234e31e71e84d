import { assert, assertEquals } from "@std/assert";
import { spy } from "@std/testing/mock";
import { openTestGpu } from "../../support/gpu.ts";
import { makeSteps, openTinyRun, randomBatches, tinyConfig } from "../../support/tiny_model.ts";

Deno.test("Trainer makes nothing on the device after its first step: 200 steps with flat memory", async () => {
  await using backend = await openTestGpu();
  if (!backend) return;
  const config = tinyConfig({ training: { evalBatches: 1 } });
  const { trainer } = openTinyRun(backend, config, 13);
  const batches = randomBatches(config, 13);
  const both = async (count: number) => {
    await makeSteps(trainer, batches, count);
    await trainer.evaluate(batches);
  };
  await both(2);
  const { memoryBytes, pipelines } = backend;
  assert(memoryBytes > 0 && pipelines > 10);
  const { gpu } = backend.device;
  const makes = ["createBuffer", "createTexture", "createBindGroup", "createComputePipeline"] as const;
  const spies = makes.map((name) => spy(gpu, name));
  for (let round = 0; round < 10; round++) await both(20);
  assertEquals(spies.map(({ calls }) => calls.length), [0, 0, 0, 0], makes.join());
  for (const made of spies) made.restore();
  assertEquals([backend.memoryBytes, backend.pipelines], [memoryBytes, pipelines]);
});
