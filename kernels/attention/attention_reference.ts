// The specification of kernels/attention: causal self-attention and its gradient, one head and one query at a
// time. `lse` [B, H, T] is the logarithm of the sum each row of the softmax was divided by; `factors` [B, H, T, T] what
// dropout multiplies the probabilities with, absent means 1.

/** Sizes: sequences, positions, heads, channels per head. */
interface Shape {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly D: number;
}

export function attentionForwardReference(
  tensors: {
    qkv: Float64Array;
    factors: Float64Array | undefined;
    probabilities: Float64Array;
    lse: Float64Array;
    y: Float64Array;
  },
  shape: Shape,
): void {
  const { qkv, factors, probabilities, lse, y } = tensors;
  const { T, H, D } = shape;
  const C = H * D;
  forEachQuery(shape, ({ b, h, n, row }) => {
    const scores = new Float64Array(n + 1);
    for (let j = 0; j <= n; j++) {
      for (let d = 0; d < D; d++) {
        const q = qkv[(b * T + n) * 3 * C + h * D + d];
        const k = qkv[(b * T + j) * 3 * C + C + h * D + d];
        scores[j] += q * k / Math.sqrt(D);
      }
    }
    const highest = scores.reduce((a, c) => Math.max(a, c));
    const sum = scores.reduce((a, c) => a + Math.exp(c - highest), 0);
    lse[row / T] = highest + Math.log(sum);
    for (let d = 0; d < D; d++) y[(b * T + n) * C + h * D + d] = 0;
    for (let j = 0; j <= n; j++) {
      const probability = Math.exp(scores[j] - highest) / sum;
      probabilities[row + j] = probability;
      const weight = probability * (factors ? factors[row + j] : 1);
      for (let d = 0; d < D; d++) {
        y[(b * T + n) * C + h * D + d] += weight * qkv[(b * T + j) * 3 * C + 2 * C + h * D + d];
      }
    }
  });
}

export function attentionBackwardReference(
  tensors: {
    qkv: Float64Array;
    factors: Float64Array | undefined;
    probabilities: Float64Array;
    dY: Float64Array;
    dQkv: Float64Array;
  },
  shape: Shape & { accumulate: boolean },
): void {
  const { qkv, factors, probabilities, dY, dQkv } = tensors;
  const { T, H, D } = shape;
  const C = H * D;
  if (!shape.accumulate) dQkv.fill(0);
  forEachQuery(shape, ({ b, h, n, row }) => {
    const dProbabilities = new Float64Array(n + 1);
    let sum = 0;
    for (let j = 0; j <= n; j++) {
      const factor = factors ? factors[row + j] : 1;
      for (let d = 0; d < D; d++) {
        const value = (b * T + j) * 3 * C + 2 * C + h * D + d;
        const dOut = dY[(b * T + n) * C + h * D + d];
        dProbabilities[j] += factor * dOut * qkv[value];
        dQkv[value] += factor * probabilities[row + j] * dOut;
      }
      sum += probabilities[row + j] * dProbabilities[j];
    }
    for (let j = 0; j <= n; j++) {
      const dScore = probabilities[row + j] * (dProbabilities[j] - sum) / Math.sqrt(D);
      for (let d = 0; d < D; d++) {
        const query = (b * T + n) * 3 * C + h * D + d;
        const key = (b * T + j) * 3 * C + C + h * D + d;
        dQkv[query] += dScore * qkv[key];
        dQkv[key] += dScore * qkv[query];
      }
    }
  });
}

/** Visits every query of every head; `row` is where its row of the probabilities starts. */
function forEachQuery(
  { B, T, H }: Shape,
  visit: (place: { b: number; h: number; n: number; row: number }) => void,
): void {
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let n = 0; n < T; n++) visit({ b, h, n, row: ((b * H + h) * T + n) * T });
    }
  }
}
