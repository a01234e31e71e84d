// The specification of kernels/embedding: y[n] = tokenTable[tokens[n]] + positionTable[positions[n]], and the
// gradient of the token table by segments: dTokenTable[ids[s]] += sum over the rows n of segment s of dY[n].

export function embeddingForwardReference(tensors: {
  tokens: Uint32Array;
  positions: Uint32Array;
  tokenTable: Float64Array;
  positionTable: Float64Array;
  y: Float64Array;
}): void {
  const { tokens, positions, tokenTable, positionTable, y } = tensors;
  const N = tokens.length;
  const C = y.length / N;
  const V = tokenTable.length / C;
  const P = positionTable.length / C;
  for (let n = 0; n < N; n++) {
    const token = Math.min(tokens[n], V - 1);
    const position = Math.min(positions[n], P - 1);
    for (let c = 0; c < C; c++) y[n * C + c] = tokenTable[token * C + c] + positionTable[position * C + c];
  }
}

export function embeddingBackwardReference(tensors: {
  order: Uint32Array;
  starts: Uint32Array;
  ids: Uint32Array;
  dY: Float64Array;
  dTokenTable: Float64Array;
}): void {
  const { order, starts, ids, dY, dTokenTable } = tensors;
  const C = dY.length / order.length;
  const V = dTokenTable.length / C;
  for (let s = 0; s < ids.length; s++) {
    const token = Math.min(ids[s], V - 1);
    for (let i = starts[s]; i < starts[s + 1]; i++) {
      for (let c = 0; c < C; c++) dTokenTable[token * C + c] += dY[order[i] * C + c];
    }
  }
}
