// Token embedding from a quantised table plus position embedding, for inference: there is no gradient. The table is the
// packed matrix of the output layer where both share their weights, so that the largest matrix of a model exists once.

import { rowGrid } from "../layer_norm/layer_norm.ts";
import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { packedOperand } from "../quantized_matmul/quantized_matmul.ts";
import {
  quantizedAttributes,
  quantizedFrom,
  type QuantizedMatrix,
} from "../quantized_matmul/quantized_matrix.ts";
import forward from "./quantized_embedding_forward.wgsl" with { type: "text" };
import { quantizedEmbeddingReference } from "./quantized_embedding_reference.ts";

export interface QuantizedEmbeddingInputs {
  /** u32 [N] or [B, T]; the host refuses ids of V and beyond. */
  readonly tokens: Tensor;
  /** u32, as many as tokens. */
  readonly positions: Tensor;
  /** [C, V]: a column a token. */
  readonly tokenTable: QuantizedMatrix;
  /** [P, C], a parameter or a constant. */
  readonly positionTable: Tensor;
}

/**
 * y[n] = column tokens[n] of tokenTable + positionTable[positions[n]].
 *
 * @returns [...shape of tokens, C]
 * @throws {TypeError} when tables, tokens and positions do not fit together
 */
export function quantizedEmbedding(tape: Tape, inputs: QuantizedEmbeddingInputs): Tensor {
  const { tokens, positions, tokenTable, positionTable } = inputs;
  if (columnsOf(positionTable) !== tokenTable.K || sizeOf(positions) !== sizeOf(tokens)) {
    throw new TypeError(
      `Cannot embed ${tokens.name} [${tokens.shape}] at ${positions.name} [${positions.shape}] with rows of ` +
        `${tokenTable.K} and ${
          columnsOf(positionTable)
        }: need as many positions as tokens, and rows of one length`,
    );
  }
  const y = tape.activation("embedded", [...tokens.shape, tokenTable.K], { from: [] });
  tape.record(quantizedEmbeddingPass, {
    inputs: { tokens, positions, b: tokenTable.packed, positionTable },
    outputs: { y },
    attributes: quantizedAttributes(tokenTable),
  });
  return y;
}

/** y from tokens, positions and their tables. */
export const quantizedEmbeddingPass: Pass = {
  name: "quantized_embedding_forward",
  reference: ({ inputs, outputs, attributes }, values) =>
    quantizedEmbeddingReference({
      tokens: integers(values, inputs.tokens),
      positions: integers(values, inputs.positions),
      packed: integers(values, inputs.b),
      positionTable: floats(values, inputs.positionTable),
      y: floats(values, outputs.y),
    }, quantizedFrom(inputs.b, attributes)),
  lower: lowerForward,
};

function lowerForward({ inputs, outputs, attributes }: Call, lowering: Lowering): void {
  const { tokens, positions, b, positionTable } = inputs;
  const table = quantizedFrom(b, attributes);
  const { snippet, resource } = packedOperand(lowering, table);
  const { lanes, rows } = lowering.rowShape;
  const N = sizeOf(tokens);
  lowering.dispatch({
    kernel: "quantized_embedding_forward",
    code: snippet + forward,
    constants: { LANES: lanes, ROWS: rows },
    shape: { N, C: table.K, V: table.N, P: rowsOf(positionTable), b_pitch: columnsOf(b) / 4 },
    bindings: { tokens, positions, b: resource, position_table: positionTable, y: outputs.y },
    grid: rowGrid(N, lowering.rowShape),
    flops: N * table.K,
  });
}
