// Ours as a contender: training steps.

import { openGpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { specBatches } from "../../support/gpt_spec.ts";
import { openTrainer } from "../bench_model.ts";
import { contend, readTask, timeUnits } from "../contending.ts";
import { type TrainingTask, WARM_UP_STEPS } from "../tasks.ts";

const { size, minMs } = readTask<TrainingTask>();
const gpu = await openGpuBackend();
const trainer = openTrainer(gpu, size);
const batches = specBatches(size);

const step = async () => {
  trainer.queueStep(batches);
  return (await trainer.drain())[0].loss;
};

const losses = [await step()];
const firstUnitMs = performance.now();
while (losses.length < WARM_UP_STEPS) losses.push(await step());

await contend({ adapter: gpu.description, firstUnitMs, losses }, async () => {
  const submitsBefore = gpu.submits;
  const unitMs = await timeUnits(async () => void await step(), minMs);
  return { unitMs, counts: { "submits a step": (gpu.submits - submitsBefore) / unitMs.length } };
});
