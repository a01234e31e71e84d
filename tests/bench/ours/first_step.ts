// Ours as a contender: the first step in a process of its own, device, pipelines and weights set up within it.
// With `--once` it is that process; otherwise it starts one a round, in the environment it was given.

import { openGpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { specBatches, specWeights } from "../../support/gpt_spec.ts";
import { openTrainer } from "../bench_model.ts";
import { contend, readTask } from "../contending.ts";
import type { TrainingTask } from "../tasks.ts";

interface FirstStep {
  readonly adapter: string;
  readonly ms: number;
  readonly setUpMs: number;
  readonly pipelines: number;
}

const { size } = readTask<TrainingTask>();

async function takeFirstStep(): Promise<FirstStep> {
  const weights = specWeights(size);
  const batches = specBatches(size);
  const startedAt = performance.now();
  const gpu = await openGpuBackend();
  const trainer = openTrainer(gpu, size, weights);
  const setUpMs = performance.now() - startedAt;
  trainer.queueStep(batches);
  await trainer.drain();
  const ms = performance.now() - startedAt;
  return { adapter: gpu.description, ms, setUpMs, pipelines: gpu.pipelines };
}

async function firstStepElsewhere(): Promise<FirstStep> {
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const args = ["run", "-A", "--config", config, new URL(import.meta.url).pathname, Deno.args[0], "--once"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (Deno.args.includes("--once")) {
  console.log(JSON.stringify(await takeFirstStep()));
  Deno.exit(0);
}
const { adapter, ms } = await firstStepElsewhere();
await contend({ adapter, firstUnitMs: ms }, async () => {
  const { ms, setUpMs, pipelines } = await firstStepElsewhere();
  return { unitMs: [ms], counts: { pipelines, setUpMs } };
}, { inChildren: true });
