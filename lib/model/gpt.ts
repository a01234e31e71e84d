// The forward pass of a GPT (Radford et al. 2019): pre-norm blocks of causal attention and feed-forward around a residual
// stream. Each line is one operation; gradients are the tape's business. Attention is handed in, because training looks
// at a whole sequence and decoding at a cache.

import { add } from "../../kernels/add/add.ts";
import { dropout } from "../../kernels/dropout/dropout.ts";
import { embedding } from "../../kernels/embedding/embedding.ts";
import { layerNorm } from "../../kernels/layer_norm/layer_norm.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { quantizedEmbedding } from "../../kernels/quantized_embedding/quantized_embedding.ts";
import { quantizedMatmul } from "../../kernels/quantized_matmul/quantized_matmul.ts";
import { isQuantized, type QuantizedMatrix } from "../../kernels/quantized_matmul/quantized_matrix.ts";
import { parameterOf, type ParameterTable } from "../../kernels/program/parameter_table.ts";
import type { Tape } from "../../kernels/program/tape.ts";
import type { Tensor } from "../../kernels/program/tensor.ts";
import type { ModelShape } from "./gpt_parameters.ts";

/** A model to run: its dimensions and where its numbers are. */
export interface Gpt {
  readonly shape: ModelShape;
  readonly table: ParameterTable;
  /** Quantised matrices by the name of the parameter they take the place of. */
  readonly quantized: ReadonlyMap<string, QuantizedMatrix>;
  /** The constant table of sinusoidal positions; undefined when positions are learned. */
  readonly sinusoids: Tensor | undefined;
}

export interface GptInputs {
  /** u32 [N] or [B, T]. */
  readonly tokens: Tensor;
  /** u32 [N], place of each token in its sequence. */
  readonly positions: Tensor;
  /** Rows sorted by token, for the gradient of the embedding; undefined when none is wanted. */
  readonly segments?: { readonly order: Tensor; readonly starts: Tensor; readonly ids: Tensor };
  /** Dropout with this probability; undefined outside training. */
  readonly dropout?: { readonly probability: number; readonly control: Tensor };
}

/**
 * Records the forward pass up to the final norm.
 *
 * @param attend turns queries, keys and values [N, 3C] of a layer into its attention output [N, C]
 * @returns hidden states, [N, C] or [B, T, C]
 */
export function gptForward(
  tape: Tape,
  gpt: Gpt,
  options: { inputs: GptInputs; attend: (layer: number, qkv: Tensor) => Tensor },
): Tensor {
  const { shape } = gpt;
  const { inputs, attend } = options;
  let x = drop(tape, embed(tape, gpt, inputs), inputs);
  for (let layer = 0; layer < shape.numLayers; layer++) {
    const block = `h.${layer}`;
    const qkv = linear(tape, gpt, norm(tape, gpt, x, `${block}.ln_1`), `${block}.attn.c_attn`);
    const attended = linear(tape, gpt, attend(layer, qkv), `${block}.attn.c_proj`);
    x = add(tape, x, drop(tape, attended, inputs));
    const hidden = linear(
      tape,
      gpt,
      norm(tape, gpt, x, `${block}.ln_2`),
      `${block}.mlp.c_fc`,
      shape.activation,
    );
    x = add(tape, x, drop(tape, linear(tape, gpt, hidden, `${block}.mlp.c_proj`), inputs));
  }
  return norm(tape, gpt, x, "ln_f");
}

/** Logits [..., V] of hidden states. */
export function logits(tape: Tape, gpt: Gpt, hidden: Tensor): Tensor {
  const weight = headWeight(gpt);
  if (isQuantized(weight)) return quantizedMatmul(tape, hidden, weight, { name: "logits" });
  return matmul(tape, hidden, weight, { transposed: true, name: "logits" });
}

/** The matrix [V, C] that turns hidden states into logits. */
export function headWeight(gpt: Gpt): Tensor | QuantizedMatrix {
  return matrixOf(gpt, gpt.shape.tieWeights ? "wte.weight" : "lm_head.weight");
}

function matrixOf(gpt: Gpt, name: string): Tensor | QuantizedMatrix {
  return gpt.quantized.get(name) ?? parameterOf(gpt.table, name);
}

function embed(tape: Tape, gpt: Gpt, { tokens, positions, segments }: GptInputs): Tensor {
  const tokenTable = matrixOf(gpt, "wte.weight");
  const positionTable = gpt.sinusoids ?? parameterOf(gpt.table, "wpe.weight");
  if (isQuantized(tokenTable)) {
    return quantizedEmbedding(tape, { tokens, positions, tokenTable, positionTable });
  }
  return embedding(tape, { tokens, positions, tokenTable, positionTable, segments });
}

function norm(tape: Tape, gpt: Gpt, x: Tensor, name: string): Tensor {
  const bias = gpt.table.parameters.get(`${name}.bias`);
  const weight = parameterOf(gpt.table, `${name}.weight`);
  return layerNorm(tape, x, weight, bias, { epsilon: gpt.shape.layerNormEps });
}

function linear(
  tape: Tape,
  gpt: Gpt,
  x: Tensor,
  name: string,
  activation: "none" | "gelu" | "relu" = "none",
): Tensor {
  const bias = gpt.table.parameters.get(`${name}.bias`);
  const weight = matrixOf(gpt, `${name}.weight`);
  if (isQuantized(weight)) return quantizedMatmul(tape, x, weight, { bias, activation, name });
  return matmul(tape, x, weight, { bias, activation, name });
}

function drop(tape: Tape, x: Tensor, inputs: GptInputs): Tensor {
  return inputs.dropout ? dropout(tape, x, inputs.dropout) : x;
}
