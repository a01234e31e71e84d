// Models whose weights are given instead of learned: one with large random numbers, and one whose every token has one
// successor by construction.

import { attention } from "../../kernels/attention/attention.ts";
import { copy } from "../../kernels/copy/copy.ts";
import type { Backend } from "../../kernels/program/backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { type Gpt, gptForward, logits } from "../../lib/model/gpt.ts";
import { gptParameters, type ModelShape, modelShape } from "../../lib/model/gpt_parameters.ts";
import { loadWeights, openModel } from "../../lib/model/open_model.ts";
import type { Quantization } from "../../lib/model/quantized_weights.ts";
import { randomFloats } from "./operation_checks.ts";
import { type TinyChanges, tinyConfig } from "./tiny_model.ts";

function openWith(
  backend: Backend,
  { shape, quantize }: { shape: ModelShape; quantize?: Quantization },
  values: (name: string, size: number) => Float32Array,
): Gpt {
  const gpt = openModel(backend, shape, { trainable: false, inPieces: true, quantize });
  const weights = gptParameters(shape).map(({ name, shape }) => {
    return { name, shape, data: values(name, shape.reduce((a, b) => a * b, 1)) };
  });
  loadWeights(backend, gpt, weights);
  return gpt;
}

/** A model with weights so large that every token and position tells in the logits. */
export function openRandomModel(
  backend: Backend,
  options: { vocabSize: number; model?: TinyChanges["model"]; quantize?: Quantization },
): Gpt {
  const shape = modelShape(tinyConfig({ model: options.model }).model, options.vocabSize);
  return openWith(backend, { shape, quantize: options.quantize }, (name, size) => {
    const noise = randomFloats(size, name.length * 31 + size, name.includes("ln_") ? 0.2 : 0.6);
    return name.includes("ln_") && name.endsWith(".weight") ? noise.map((x) => 1 + x) : noise;
  });
}

/**
 * A model that ignores everything but the last token: the likeliest next one is `successors.get(token)`, by far.
 */
export function openSuccessorModel(
  backend: Backend,
  options: { vocabSize: number; maxSeqLen: number; successors: ReadonlyMap<number, number> },
): Gpt {
  const C = 128;
  const { vocabSize, maxSeqLen, successors } = options;
  const model = { dModel: C, numLayers: 1, numHeads: 2, maxSeqLen, tieWeights: false };
  // Random signs: vectors of different tokens are nearly orthogonal.
  const tokens = randomFloats(vocabSize * C, 5).map(Math.sign);
  const head = new Float32Array(vocabSize * C);
  for (const [token, next] of successors) {
    for (let c = 0; c < C; c++) head[next * C + c] += tokens[token * C + c];
  }
  return openWith(backend, { shape: modelShape(tinyConfig({ model }).model, vocabSize) }, (name, size) => {
    if (name === "wte.weight") return tokens;
    if (name === "lm_head.weight") return head;
    return new Float32Array(size).fill(name.includes("ln_") && name.endsWith(".weight") ? 1 : 0);
  });
}

/** Compiles the forward pass of training, without dropout, over `batch` sequences; gives the logits [B T, V] of tokens. */
export function compileLogits(
  backend: Backend,
  gpt: Gpt,
  batch = 1,
): (tokens: Uint32Array) => Promise<Float32Array> {
  const { maxSeqLen: T, vocabSize: V, numHeads } = gpt.shape;
  const tape = new Tape();
  const integers = (name: string) => createTensor(name, [batch, T], { dtype: "u32", lifetime: "input" });
  const [tokens, positions] = [integers("tokens"), integers("positions")];
  const attend = (_: number, qkv: Parameters<typeof attention>[1]) =>
    attention(tape, qkv, { batch, heads: numHeads });
  const hidden = gptForward(tape, gpt, { inputs: { tokens, positions }, attend });
  const kept = createTensor("kept_logits", [batch * T, V], { lifetime: "persistent" });
  copy(tape, logits(tape, gpt, hidden), kept);
  backend.write(positions, Uint32Array.from({ length: batch * T }, (_, row) => row % T));
  const program = backend.compile(tape.calls, "logits");
  return async (ids) => {
    backend.write(tokens, ids);
    program.replay();
    return await backend.read(kept) as Float32Array;
  };
}
