// How fast training and decoding are on this adapter, ours alone: tokens/s, the time of every kernel, the first step,
// submits a step. What `deno task bench` does without --peers.

import { type GpuBackend, type GpuProgram, openGpuBackend } from "../../kernels/program/gpu_backend.ts";
import { openGenerator } from "../../lib/inference/generator.ts";
import { flopsPerToken } from "../../lib/model/gpt_parameters.ts";
import { loadWeights, openModel } from "../../lib/model/open_model.ts";
import type { Trainer } from "../../lib/training/trainer.ts";
import { specBatches, specShape, type SpecSize, specWeights } from "../support/gpt_spec.ts";
import { openTrainer } from "./bench_model.ts";
import { benchTokenizer } from "./bench_tokenizer.ts";

export interface AdapterBenchOptions {
  readonly size: SpecSize;
  readonly steps: number;
  /** Tokens to generate. */
  readonly tokens: number;
  /** Measures a first step with an empty shader cache too. */
  readonly cold: boolean;
}

export interface AdapterFigures {
  readonly adapter: string;
  readonly size: SpecSize;
  readonly warmFirstStepMs: number;
  readonly coldFirstStepMs: number | undefined;
  readonly training: TrainingFigures;
  readonly decoding: DecodingFigures;
  readonly kernels: KernelFigures[];
  readonly memoryBytes: number;
  readonly pipelines: number;
}

interface TrainingFigures {
  readonly medianStepMs: number;
  readonly bestStepMs: number;
  readonly tokensPerSecond: number;
  readonly bestTokensPerSecond: number;
  readonly gflops: number;
  readonly submitsPerStep: number;
}

interface DecodingFigures {
  readonly tokensPerSecond: number;
  readonly newTokens: number;
  readonly tokensPerReadback: number;
}

interface KernelFigures {
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
  readonly gflops: number;
}

export async function benchAdapter(options: AdapterBenchOptions): Promise<AdapterFigures> {
  const { size } = options;
  const warmFirstStepMs = await firstStepElsewhere(size, {});
  const coldFirstStepMs = options.cold
    ? await firstStepElsewhere(size, { MESA_SHADER_CACHE_DISABLE: "true" })
    : undefined;
  await using gpu = await openGpuBackend();
  const trainer = openTrainer(gpu, size);
  const training = await benchTraining(gpu, trainer, options);
  const kernels = await timeKernels(gpu, trainer);
  const decoding = await benchDecoding(gpu, options);
  const { description: adapter, memoryBytes, pipelines } = gpu;
  return {
    adapter,
    size,
    warmFirstStepMs,
    coldFirstStepMs,
    training,
    decoding,
    kernels,
    memoryBytes,
    pipelines,
  };
}

async function firstStepElsewhere(size: SpecSize, env: Record<string, string>): Promise<number> {
  const script = new URL("./ours/first_step.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const args = ["run", "-A", "--config", config, script, JSON.stringify({ size }), "--once"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, env, stderr: "inherit" }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).ms;
}

async function benchTraining(
  gpu: GpuBackend,
  trainer: Trainer,
  options: AdapterBenchOptions,
): Promise<TrainingFigures> {
  const { size, steps } = options;
  const batches = specBatches(size);
  const times: number[] = [];
  for (let warm = 0; warm < 2; warm++) {
    trainer.queueStep(batches);
    await trainer.drain();
  }
  const submitsBefore = gpu.submits;
  for (let step = 0; step < steps; step++) {
    const startedAt = performance.now();
    trainer.queueStep(batches);
    await trainer.drain();
    times.push(performance.now() - startedAt);
  }
  const median = times.slice().sort((a, b) => a - b)[times.length >> 1];
  const best = Math.min(...times);
  const tokens = trainer.tokensPerStep;
  return {
    medianStepMs: median,
    bestStepMs: best,
    tokensPerSecond: tokens / median * 1000,
    bestTokensPerSecond: tokens / best * 1000,
    gflops: flopsPerToken(specShape(size)) * tokens / median / 1e6,
    submitsPerStep: (gpu.submits - submitsBefore) / times.length,
  };
}

/** GPU time by kernel over one step, the best of three. */
async function timeKernels(
  gpu: GpuBackend,
  trainer: Trainer,
): Promise<KernelFigures[]> {
  if (!gpu.device.traits.hasTimestamps) return [];
  const best = new Map<string, { dispatches: number; ms: number; flops: number }>();
  for (let round = 0; round < 3; round++) {
    const sums = new Map<string, { dispatches: number; ms: number; flops: number }>();
    for (const program of [trainer.programs.microStep, trainer.programs.update]) {
      const { commands } = program as GpuProgram;
      const nanoseconds = await gpu.time(program as GpuProgram);
      commands.forEach(({ kernel, flops }, i) => {
        const sum = sums.get(kernel) ?? { dispatches: 0, ms: 0, flops: 0 };
        sums.set(kernel, {
          dispatches: sum.dispatches + 1,
          ms: sum.ms + nanoseconds[i] / 1e6,
          flops: sum.flops + flops,
        });
      });
    }
    for (const [kernel, sum] of sums) if (sum.ms < (best.get(kernel)?.ms ?? Infinity)) best.set(kernel, sum);
  }
  return [...best].map(([kernel, { dispatches, ms, flops }]) => ({
    kernel,
    dispatches,
    ms,
    gflops: flops / ms / 1e6,
  }))
    .sort((a, b) => b.ms - a.ms);
}

async function benchDecoding(gpu: GpuBackend, options: AdapterBenchOptions): Promise<DecodingFigures> {
  const { size, tokens } = options;
  const gpt = openModel(gpu, specShape(size), { trainable: false, inPieces: true });
  loadWeights(gpu, gpt, specWeights(size));
  const generator = openGenerator(gpu, gpt, benchTokenizer(size.V));
  const maxNewTokens = Math.min(tokens, size.T - 17);
  const request = {
    maxNewTokens,
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: 1,
    stop: [],
    tokensPerReadback: 16,
  };
  const rates: number[] = [];
  for (let round = 0; round < 4; round++) {
    await Array.fromAsync(generator.generate("0123456789abcdef", request, {
      onEnd: ({ newTokens, decodeMs }) =>
        rates.push((newTokens - request.tokensPerReadback) / decodeMs * 1000),
    }));
  }
  const tokensPerSecond = rates.slice(1).sort((a, b) => a - b)[1];
  return { tokensPerSecond, newTokens: maxNewTokens, tokensPerReadback: request.tokensPerReadback };
}
