// The specification of kernels/matmul: C = activation(A B + bias) + residual, or C += A B, in f64; A may be normalised
// first. Causality changes nothing that is specified: what it leaves out is zero or unwanted.

import { activationDerivative, activationValue } from "../activation/activation_reference.ts";
import { layerNormForwardReference } from "../layer_norm/layer_norm_reference.ts";
import { type MatmulSpec, type Operand, pitchOf } from "./matmul_spec.ts";
import { columnSumReference } from "../column_sum/column_sum_reference.ts";
import type { Tensor } from "../program/tensor.ts";

export function matmulReference(spec: MatmulSpec, valuesOf: (tensor: Tensor) => Float64Array): void {
  const { mode, M, N, K } = spec;
  const a = normalised(spec, valuesOf);
  const b = valuesOf(spec.b.tensor);
  const c = valuesOf(spec.c.tensor);
  const bias = spec.bias && valuesOf(spec.bias);
  const preActivation = spec.preActivation && valuesOf(spec.preActivation);
  const residual = spec.residual && valuesOf(spec.residual);
  const derivative = spec.derivative && valuesOf(spec.derivative.x);
  if (spec.columnSum) {
    columnSumReference({ x: b, y: valuesOf(spec.columnSum.y) }, spec.columnSum.accumulate);
  }
  for (let z = 0; z < (spec.batch ?? 1); z++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        if (spec.causality === "skip" && n > m) continue;
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const left = mode === "TN" ? at(spec.a, z, k, m) : at(spec.a, z, m, k);
          const right = mode === "NT" ? at(spec.b, z, n, k) : at(spec.b, z, k, n);
          sum += a[left] * b[right];
        }
        if (bias) sum += bias[n];
        const index = at(spec.c, z, m, n);
        if (spec.accumulate) sum += c[index];
        if (preActivation) preActivation[index] = sum;
        c[index] = activationValue(spec.activation ?? "none", sum);
        if (residual) c[index] += residual[index];
        if (derivative) c[index] *= activationDerivative(spec.derivative!.kind, derivative[index]);
      }
    }
  }

  /** Index of element (i, j) of batch entry z. */
  function at(operand: Operand, z: number, i: number, j: number): number {
    const heads = spec.heads ?? 1;
    const head = z % heads;
    const row = Math.floor(z / heads) * operand.rowsPerBatch + head * operand.rowsPerHead + i;
    return row * pitchOf(operand) + operand.column + head * operand.columnsPerHead + j;
  }
}

function normalised({ a, norm }: MatmulSpec, valuesOf: (tensor: Tensor) => Float64Array): Float64Array {
  const x = valuesOf(a.tensor);
  if (!norm) return x;
  const gamma = valuesOf(norm.gamma);
  const y = new Float64Array(x.length);
  const statistics = new Float64Array(2 * x.length / gamma.length);
  const beta = norm.beta && valuesOf(norm.beta);
  layerNormForwardReference({ x, gamma, beta, y, statistics }, norm.epsilon);
  return y;
}
