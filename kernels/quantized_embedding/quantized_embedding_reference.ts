// The specification of kernels/quantized_embedding: y[n] = weights of column tokens[n] + positionTable[positions[n]].

import { type QuantizedMatrix, quantizedValue } from "../quantized_matmul/quantized_matrix.ts";

export function quantizedEmbeddingReference(tensors: {
  tokens: Uint32Array;
  positions: Uint32Array;
  packed: Uint32Array;
  positionTable: Float64Array;
  y: Float64Array;
}, size: Pick<QuantizedMatrix, "bits" | "K" | "N">): void {
  const { tokens, positions, packed, positionTable, y } = tensors;
  const C = size.K;
  const P = positionTable.length / C;
  for (let n = 0; n < tokens.length; n++) {
    const token = Math.min(tokens[n], size.N - 1);
    const position = Math.min(positions[n], P - 1);
    for (let c = 0; c < C; c++) {
      y[n * C + c] = quantizedValue(packed, size, c, token) + positionTable[position * C + c];
    }
  }
}
