// Training steps of one model: forward, backward and update on data that is made up, as `sheepop train` runs them. Where
// the adapter refuses the batch, because a tensor is larger than one binding or memory is short, half of it is tried.

import type { GpuBackend, GpuProgram } from "../../../kernels/program/gpu_backend.ts";
import { flopsPerToken } from "../../../lib/model/gpt_parameters.ts";
import { loadWeights, openModel } from "../../../lib/model/open_model.ts";
import { Trainer } from "../../../lib/training/trainer.ts";
import { specBatches, specConfig, specShape, type SpecSize, specWeights } from "../../support/gpt_spec.ts";
import { measureRounds } from "./measure_rounds.ts";
import type { ModelSizes } from "./model_sizes.ts";
import { openBenchGpu, type Wishes } from "./open_bench_gpu.ts";
import { SkipTrial, type TrialContext } from "./trial.ts";

/** Kernels listed by time. */
const LISTED_KERNELS = 16;
/** Steps between two readbacks at most: what the ring of results holds is more. */
const MAX_STEPS = 100;

/** Records what a step takes. */
export async function measureTraining(
  context: TrialContext,
  sizes: ModelSizes,
  wishes: Wishes = {},
): Promise<void> {
  const size = context.small ? sizes.small : sizes.full;
  const refused: { batch_size: number; reason: string }[] = [];
  for (let B = size.B; B >= 1; B = Math.floor(B / 2)) {
    try {
      await measureBatch(context, { ...size, B }, wishes);
      return;
    } catch (error) {
      if (error instanceof SkipTrial) throw error;
      refused.push({ batch_size: B, reason: (error as Error).message });
      context.record("refused", refused);
    }
  }
  throw new Error(refused.map(({ batch_size, reason }) => `B ${batch_size}: ${reason}`).join("; "));
}

async function measureBatch(
  { record, small }: TrialContext,
  size: SpecSize,
  wishes: Wishes,
): Promise<void> {
  await using gpu = await openBenchGpu(wishes);
  const startedAt = performance.now();
  const gpt = openModel(gpu, specShape(size), { trainable: true });
  const trainer = new Trainer(gpu, gpt, specConfig(size));
  loadWeights(gpu, gpt, specWeights(size));
  const batches = specBatches(size);
  trainer.queueStep(batches);
  const [first] = await trainer.drain();
  record("size", size);
  record("parameters", gpt.table.count);
  record("first_step_ms", performance.now() - startedAt);
  record("first_loss", first.loss);
  const submitsBefore = gpu.submits;
  const stepsBefore = trainer.step;
  let last = first;
  const { medianMs, bestMs, runs, rounds } = await measureRounds({
    queue: () => trainer.queueStep(batches),
    wait: async () => last = (await trainer.drain()).at(-1)!,
    roundMs: small ? 50 : 1500,
    rounds: small ? 3 : 5,
    maxRuns: MAX_STEPS,
  });
  record("ms_per_step", medianMs);
  record("best_ms_per_step", bestMs);
  record("steps_measured", runs * rounds);
  record("tokens_per_second", trainer.tokensPerStep / medianMs * 1000);
  record("gflops", flopsPerToken(specShape(size)) * trainer.tokensPerStep / medianMs / 1e6);
  record("submits_per_step", (gpu.submits - submitsBefore) / (trainer.step - stepsBefore));
  record("memory_mib", gpu.memoryBytes / 2 ** 20);
  record("last_loss", last.loss);
  if (!Number.isFinite(last.loss) || last.skipped) throw new Error(`the loss is ${last.loss}`);
  record("kernels", await timeKernels(gpu, trainer));
}

interface KernelTime {
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
  readonly gflops: number;
}

/** Time by kernel over one step, the longest first. */
async function timeKernels(gpu: GpuBackend, trainer: Trainer): Promise<KernelTime[]> {
  if (!gpu.device.traits.hasTimestamps) return [];
  const sums = new Map<string, { dispatches: number; ms: number; flops: number }>();
  for (const program of [trainer.programs.microStep, trainer.programs.update] as GpuProgram[]) {
    const nanoseconds = await gpu.time(program);
    program.commands.forEach(({ kernel, flops }, i) => {
      const sum = sums.get(kernel) ?? { dispatches: 0, ms: 0, flops: 0 };
      sums.set(kernel, {
        dispatches: sum.dispatches + 1,
        ms: sum.ms + nanoseconds[i] / 1e6,
        flops: sum.flops + flops,
      });
    });
  }
  return [...sums].map(([kernel, { dispatches, ms, flops }]) => ({
    kernel,
    dispatches,
    ms,
    gflops: ms > 0 ? flops / ms / 1e6 : 0,
  })).sort((x, y) => y.ms - x.ms).slice(0, LISTED_KERNELS);
}
