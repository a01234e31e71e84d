// The specification of kernels/column_sum: y[c] = sum over n of x[n, c], added to y with `accumulate`.

export function columnSumReference(
  tensors: { x: Float64Array; y: Float64Array },
  accumulate: boolean,
): void {
  const { x, y } = tensors;
  const C = y.length;
  const N = x.length / C;
  for (let c = 0; c < C; c++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += x[n * C + c];
    y[c] = accumulate ? y[c] + sum : sum;
  }
}
