// The specification of kernels/ceiling: sums that are multiplied and added to, and a copy.

/** Sums an invocation keeps side by side, and updates of each per iteration. */
export const SUMS = 4;
export const UPDATES = 4;

export function multiplyAddReference(
  tensors: { x: Float64Array; terms: Float64Array; y: Float64Array },
  iterations: number,
): void {
  const { x, terms, y } = tensors;
  for (let i = 0; i < x.length; i++) {
    y[i] = 0;
    for (let k = 0; k < SUMS; k++) {
      let a = (k + 1) * x[i];
      for (let n = 0; n < UPDATES * iterations; n++) a = a * terms[i % 4] + terms[4 + i % 4];
      y[i] += a;
    }
  }
}

export function ceilingCopyReference(tensors: { x: Float64Array; y: Float64Array }): void {
  for (let i = 0; i < tensors.x.length; i++) tensors.y[i] = tensors.x[i];
}
