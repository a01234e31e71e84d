// How fast a model of any size decodes with its weights in f32, 8 and 4 bits, on this adapter, and what the weights take.
//   deno run -A tests/bench/bench_quantized.ts --layers 12 --heads 12 --width 768 --vocabulary 50257 --weights q8,q4
// Rounds are interleaved and the best of each counts; processor time is that of one whole text. Options: --layers 4 --heads 4 --width 256 --length 256 --vocabulary 256
// --weights none,q8,q4 --tokens 32 --prompt 64 --rounds 4.

import { cpuUsage } from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { openGpuBackend } from "../../kernels/program/gpu_backend.ts";
import { type GenerateStats, openGenerator } from "../../lib/inference/generator.ts";
import { loadWeights, openForInference } from "../../lib/model/open_model.ts";
import { type Quantization, weightMemory } from "../../lib/model/quantized_weights.ts";
import { specShape, specWeights } from "../support/gpt_spec.ts";
import { benchTokenizer } from "./bench_tokenizer.ts";

const flags = parseArgs(Deno.args, {
  string: ["layers", "heads", "width", "length", "vocabulary", "weights", "tokens", "prompt", "rounds"],
  default: {
    layers: "4",
    heads: "4",
    width: "256",
    length: "256",
    vocabulary: "256",
    weights: "none,q8,q4",
    tokens: "32",
    prompt: "64",
    rounds: "4",
  },
});
const size = {
  L: Number(flags.layers),
  H: Number(flags.heads),
  C: Number(flags.width),
  T: Number(flags.length),
  B: 1,
  V: Number(flags.vocabulary),
};
const PER_READBACK = 4;
const request = {
  maxNewTokens: Number(flags.tokens),
  temperature: 0,
  topK: 0,
  topP: 1,
  seed: 1,
  stop: [],
  tokensPerReadback: PER_READBACK,
};
const prompt = "a".repeat(Number(flags.prompt));

await using gpu = await openGpuBackend();
const weights = specWeights(size);
const subjects = String(flags.weights).split(",").map((quantize) => {
  const startedAt = performance.now();
  const before = gpu.memoryBytes;
  const gpt = openForInference(gpu, specShape(size), { quantize: quantize as Quantization, inPieces: true });
  loadWeights(gpu, gpt, weights);
  const generator = openGenerator(gpu, gpt, benchTokenizer(size.V));
  const loadMs = performance.now() - startedAt;
  const { bytes } = weightMemory(gpt);
  return {
    quantize,
    generator,
    bytes,
    loadMs,
    deviceBytes: gpu.memoryBytes - before,
    decodeMs: Infinity,
    prefillMs: Infinity,
    cpuMs: Infinity,
  };
});
for (let round = 0; round <= Number(flags.rounds); round++) {
  for (const subject of subjects) {
    const onEnd = ({ newTokens, decodeMs, prefillMs }: GenerateStats) => {
      if (round === 0) return; // compiles
      const perToken = decodeMs / (newTokens - PER_READBACK);
      subject.decodeMs = Math.min(subject.decodeMs, perToken);
      subject.prefillMs = Math.min(subject.prefillMs, prefillMs - PER_READBACK * perToken);
    };
    const before = cpuUsage();
    await Array.fromAsync(subject.generator.generate(prompt, request, { onEnd }));
    const { user, system } = cpuUsage(before);
    if (round > 0) subject.cpuMs = Math.min(subject.cpuMs, (user + system) / 1000);
  }
}
console.log(
  `${gpu.description}, ${Object.entries(size).map(([key, value]) => `${key} ${value}`).join("  ")}`,
);
console.log(
  "weights  MiB of weights  MiB on the device  load ms  prompt ms  ms a token  tokens/s  processor ms",
);
for (const { quantize, bytes, deviceBytes, loadMs, prefillMs, decodeMs, cpuMs } of subjects) {
  const cells = [bytes / 2 ** 20, deviceBytes / 2 ** 20, loadMs, prefillMs, decodeMs, 1000 / decodeMs, cpuMs];
  const widths = [16, 19, 9, 11, 12, 10, 14];
  console.log(quantize.padEnd(7) + cells.map((cell, i) => cell.toFixed(1).padStart(widths[i])).join(""));
}
