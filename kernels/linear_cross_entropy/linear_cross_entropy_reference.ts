// The specification of kernels/linear_cross_entropy: logits, softmax, loss and both gradients, one row after
// the other.

/** A target that is not counted: padding, or text whose loss is not wanted. */
export const IGNORED_TARGET = 0xffffffff;

interface LinearCrossEntropyValues {
  readonly x: Float64Array;
  readonly weight: Float64Array;
  readonly targets: Uint32Array;
  readonly accumulator: Float64Array;
  /** Overwritten. */
  readonly dX: Float64Array | undefined;
  /** Added to. */
  readonly dWeight: Float64Array | undefined;
}

export function linearCrossEntropyReference(
  values: LinearCrossEntropyValues,
  { C, divisor }: { C: number; divisor: number },
): void {
  const { x, weight, targets, accumulator, dX, dWeight } = values;
  const V = weight.length / C;
  dX?.fill(0);
  for (let n = 0; n < targets.length; n++) {
    if (targets[n] === IGNORED_TARGET) continue;
    const logits = new Float64Array(V);
    for (let v = 0; v < V; v++) for (let c = 0; c < C; c++) logits[v] += x[n * C + c] * weight[v * C + c];
    const highest = logits.reduce((a, b) => Math.max(a, b));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
    accumulator[0] += (Math.log(sum) + highest - logits[targets[n]]) / divisor;
    for (let v = 0; v < V; v++) {
      const dLogit = (Math.exp(logits[v] - highest) / sum - Number(v === targets[n])) / divisor;
      for (let c = 0; c < C; c++) {
        if (dX) dX[n * C + c] += dLogit * weight[v * C + c];
        if (dWeight) dWeight[v * C + c] += dLogit * x[n * C + c];
      }
    }
  }
}
