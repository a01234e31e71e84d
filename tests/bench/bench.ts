// `deno task bench`: how fast training and decoding are on this adapter. Prints tokens/s, the time of every kernel, cold
// and warm first step and submits a step; writes dist/bench.json. Options: --steps 10 --layers 4 --heads 4 --width 256
// --length 256 --batch 8 --vocabulary 256 --tokens 128 --cold (start once with an empty shader cache).

import { parseArgs } from "@std/cli/parse-args";
import { type GpuBackend, type GpuProgram, openGpuBackend } from "../../kernels/program/gpu_backend.ts";
import { openGenerator } from "../../lib/inference/generator.ts";
import { flopsPerToken } from "../../lib/model/gpt_parameters.ts";
import { loadWeights, openModel } from "../../lib/model/open_model.ts";
import { Trainer } from "../../lib/training/trainer.ts";
import { specBatches, specConfig, specShape, type SpecSize, specWeights } from "../support/gpt_spec.ts";
import { benchTokenizer } from "./bench_tokenizer.ts";

const flags = parseArgs(Deno.args, {
  boolean: ["cold", "first-step-only"],
  string: ["steps", "layers", "heads", "width", "length", "batch", "vocabulary", "tokens"],
  default: {
    steps: "10",
    layers: "4",
    heads: "4",
    width: "256",
    length: "256",
    batch: "8",
    vocabulary: "256",
    tokens: "128",
  },
});
const size: SpecSize = {
  L: Number(flags.layers),
  H: Number(flags.heads),
  C: Number(flags.width),
  T: Number(flags.length),
  B: Number(flags.batch),
  V: Number(flags.vocabulary),
};

if (flags["first-step-only"]) {
  console.log(JSON.stringify({ firstStepMs: await firstStep() }));
} else {
  await bench();
}

/** Set-up and first step in this process: what a user waits before anything moves. */
async function firstStep(): Promise<number> {
  const startedAt = performance.now();
  await using gpu = await openGpuBackend();
  const trainer = openTrainer(gpu);
  trainer.queueStep(specBatches(size));
  await trainer.drain();
  return performance.now() - startedAt;
}

function openTrainer(gpu: GpuBackend): Trainer {
  const gpt = openModel(gpu, specShape(size), { trainable: true });
  const trainer = new Trainer(gpu, gpt, specConfig(size));
  loadWeights(gpu, gpt, specWeights(size));
  return trainer;
}

async function bench(): Promise<void> {
  const report = await measure();
  print(report);
  await Deno.mkdir("dist", { recursive: true });
  await Deno.writeTextFile("dist/bench.json", JSON.stringify(report, null, 2));
  console.log("\nWritten: dist/bench.json");
}

type Report = Awaited<ReturnType<typeof measure>>;

async function measure() {
  const warmFirstStepMs = await firstStepElsewhere({});
  const coldFirstStepMs = flags.cold
    ? await firstStepElsewhere({ MESA_SHADER_CACHE_DISABLE: "true" })
    : undefined;
  await using gpu = await openGpuBackend();
  const trainer = openTrainer(gpu);
  const training = await benchTraining(gpu, trainer);
  const kernels = await timeKernels(gpu, trainer);
  const decoding = await benchDecoding(gpu);
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

async function firstStepElsewhere(env: Record<string, string>): Promise<number> {
  const args = [
    "run",
    "-A",
    new URL(import.meta.url).pathname,
    "--first-step-only",
    ...Deno.args.filter((arg) => arg !== "--cold"),
  ];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, env, stderr: "inherit" }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).firstStepMs;
}

async function benchTraining(gpu: GpuBackend, trainer: Trainer) {
  const batches = specBatches(size);
  const times: number[] = [];
  for (let warm = 0; warm < 2; warm++) {
    trainer.queueStep(batches);
    await trainer.drain();
  }
  const submitsBefore = gpu.submits;
  for (let step = 0; step < Number(flags.steps); step++) {
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

interface KernelFigures {
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
  readonly gflops: number;
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

async function benchDecoding(gpu: GpuBackend) {
  const gpt = openModel(gpu, specShape(size), { trainable: false });
  loadWeights(gpu, gpt, specWeights(size));
  const generator = openGenerator(gpu, gpt, benchTokenizer(size.V));
  const maxNewTokens = Math.min(Number(flags.tokens), size.T - 17);
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

function print(report: Report): void {
  const { training, decoding, kernels } = report;
  const line = (name: string, text: string) => console.log(`${name.padEnd(28)}${text}`);
  line("adapter", report.adapter);
  line("model", Object.entries(report.size).map(([key, value]) => `${key} ${value}`).join("  "));
  line("first step, warm", `${report.warmFirstStepMs.toFixed(0)} ms, set-up included`);
  if (report.coldFirstStepMs) {
    line("first step, cold", `${report.coldFirstStepMs.toFixed(0)} ms, ${report.pipelines} pipelines`);
  }
  line(
    "training",
    `${training.tokensPerSecond.toFixed(0)} tokens/s (best ${training.bestTokensPerSecond.toFixed(0)}), ` +
      `${training.medianStepMs.toFixed(0)} ms a step, ${training.gflops.toFixed(1)} GFLOP/s`,
  );
  line("submits a step", training.submitsPerStep.toFixed(1));
  line(
    "decoding",
    `${decoding.tokensPerSecond.toFixed(0)} tokens/s, ${decoding.tokensPerReadback} tokens a readback`,
  );
  line("GPU memory", `${(report.memoryBytes / 2 ** 20).toFixed(0)} MiB`);
  if (kernels.length === 0) return;
  console.log("\nkernel                          dispatches        ms   GFLOP/s");
  for (const { kernel, dispatches, ms, gflops } of kernels) {
    console.log(
      `${kernel.padEnd(32)}${String(dispatches).padStart(10)}${ms.toFixed(2).padStart(10)}${
        gflops.toFixed(1).padStart(10)
      }`,
    );
  }
}
