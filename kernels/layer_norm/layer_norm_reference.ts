// The specification of kernels/layer_norm:
//   y[n, c] = (x[n, c] - mean[n]) rstd[n] gamma[c] + beta[c],   rstd[n] = 1 / sqrt(variance[n] + epsilon)
// and its gradients. statistics[n] = (mean[n], rstd[n]).

export function layerNormForwardReference(
  tensors: {
    x: Float64Array;
    gamma: Float64Array;
    beta: Float64Array | undefined;
    y: Float64Array;
    statistics: Float64Array;
  },
  epsilon: number,
): void {
  const { x, gamma, beta, y, statistics } = tensors;
  const C = gamma.length;
  const N = x.length / C;
  for (let n = 0; n < N; n++) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[n * C + c];
    const mean = sum / C;
    let squares = 0;
    for (let c = 0; c < C; c++) squares += (x[n * C + c] - mean) ** 2;
    const rstd = 1 / Math.sqrt(squares / C + epsilon);
    for (let c = 0; c < C; c++) y[n * C + c] = (x[n * C + c] - mean) * rstd * gamma[c] + (beta ? beta[c] : 0);
    statistics[2 * n] = mean;
    statistics[2 * n + 1] = rstd;
  }
}

export function layerNormBackwardReference(
  tensors: {
    x: Float64Array;
    gamma: Float64Array;
    statistics: Float64Array;
    dY: Float64Array;
    dX: Float64Array;
  },
  accumulate: boolean,
): void {
  const { x, gamma, statistics, dY, dX } = tensors;
  const C = gamma.length;
  const N = x.length / C;
  for (let n = 0; n < N; n++) {
    const mean = statistics[2 * n];
    const rstd = statistics[2 * n + 1];
    let gSum = 0;
    let gXhatSum = 0;
    for (let c = 0; c < C; c++) {
      const g = dY[n * C + c] * gamma[c];
      gSum += g;
      gXhatSum += g * (x[n * C + c] - mean) * rstd;
    }
    for (let c = 0; c < C; c++) {
      const xhat = (x[n * C + c] - mean) * rstd;
      const gradient = rstd * (dY[n * C + c] * gamma[c] - gSum / C - xhat * gXhatSum / C);
      dX[n * C + c] = accumulate ? dX[n * C + c] + gradient : gradient;
    }
  }
}

export function layerNormParametersReference(
  tensors: {
    x: Float64Array;
    statistics: Float64Array;
    dY: Float64Array;
    dGamma: Float64Array | undefined;
    dBeta: Float64Array | undefined;
  },
  accumulate: { gamma: boolean; beta: boolean },
): void {
  const { x, statistics, dY, dGamma, dBeta } = tensors;
  const N = statistics.length / 2;
  const C = x.length / N;
  for (let c = 0; c < C; c++) {
    let gammaSum = 0;
    let betaSum = 0;
    for (let n = 0; n < N; n++) {
      gammaSum += dY[n * C + c] * (x[n * C + c] - statistics[2 * n]) * statistics[2 * n + 1];
      betaSum += dY[n * C + c];
    }
    if (dGamma) dGamma[c] = accumulate.gamma ? dGamma[c] + gammaSum : gammaSum;
    if (dBeta) dBeta[c] = accumulate.beta ? dBeta[c] + betaSum : betaSum;
  }
}
