// The specification of kernels/cached_attention: rows into the cache, and attention of a row to its slot's
// cache rows up to its own position. A position that is not below the capacity S marks padding.

export function appendReference(
  tensors: {
    qkv: Float64Array;
    positions: Uint32Array;
    slots: Uint32Array;
    keys: Float64Array;
    values: Float64Array;
  },
  { C, S }: { C: number; S: number },
): void {
  const { qkv, positions, slots, keys, values } = tensors;
  for (let i = 0; i < positions.length; i++) {
    if (positions[i] >= S) continue;
    for (let c = 0; c < C; c++) {
      keys[(slots[i] * S + positions[i]) * C + c] = qkv[i * 3 * C + C + c];
      values[(slots[i] * S + positions[i]) * C + c] = qkv[i * 3 * C + 2 * C + c];
    }
  }
}

export function cachedAttentionReference(
  tensors: {
    qkv: Float64Array;
    keys: Float64Array;
    values: Float64Array;
    positions: Uint32Array;
    slots: Uint32Array;
    y: Float64Array;
  },
  { C, S, heads }: { C: number; S: number; heads: number },
): void {
  const { qkv, keys, values, positions, slots, y } = tensors;
  const D = C / heads;
  y.fill(0);
  for (let i = 0; i < positions.length; i++) {
    if (positions[i] >= S) continue;
    const length = positions[i] + 1;
    for (let h = 0; h < heads; h++) {
      const scores = new Float64Array(length);
      for (let j = 0; j < length; j++) {
        for (let d = 0; d < D; d++) {
          scores[j] += qkv[i * 3 * C + h * D + d] * keys[(slots[i] * S + j) * C + h * D + d] / Math.sqrt(D);
        }
      }
      const highest = scores.reduce((a, c) => Math.max(a, c));
      const sum = scores.reduce((a, c) => a + Math.exp(c - highest), 0);
      for (let j = 0; j < length; j++) {
        const probability = Math.exp(scores[j] - highest) / sum;
        for (let d = 0; d < D; d++) {
          y[i * C + h * D + d] += probability * values[(slots[i] * S + j) * C + h * D + d];
        }
      }
    }
  }
}
