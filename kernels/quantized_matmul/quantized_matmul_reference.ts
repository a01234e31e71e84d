// The specification of kernels/quantized_matmul: C = activation(A W + bias) + residual in f64, with exactly
// the weights that the packed numbers and scales stand for.

import { activationValue } from "../activation/activation_reference.ts";
import { dequantizeMatrix, type QuantizedMatrix } from "./quantized_matrix.ts";

export function quantizedMatmulReference(
  tensors: {
    a: Float64Array;
    packed: Uint32Array;
    bias?: Float64Array;
    residual?: Float64Array;
    c: Float64Array;
  },
  options: { size: Pick<QuantizedMatrix, "bits" | "K" | "N">; activation: "none" | "gelu" | "relu" },
): void {
  const { a, packed, bias, residual, c } = tensors;
  const { size, activation } = options;
  const { K, N } = size;
  const w = dequantizeMatrix(packed, size);
  for (let m = 0; m < c.length / N; m++) {
    for (let n = 0; n < N; n++) {
      let sum = bias ? bias[n] : 0;
      for (let k = 0; k < K; k++) sum += a[m * K + k] * w[k * N + n];
      c[m * N + n] = activationValue(activation, sum) + (residual ? residual[m * N + n] : 0);
    }
  }
}
