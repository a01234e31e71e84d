// Which parameters of a model are quantised when asked to, and how much memory that saves. Matrices are; positions, norms
// and biases are small and stay f32.

import type { Backend } from "../../kernels/program/backend.ts";
import type { ParameterSpec } from "../../kernels/program/parameter_table.ts";
import {
  createQuantizedMatrix,
  type QuantizedBits,
  quantizedBytes,
  type QuantizedMatrix,
  quantizeMatrix,
} from "../../kernels/quantized_matmul/quantized_matrix.ts";
import { UsageError } from "../common/errors.ts";
import type { Config } from "../config/config.ts";
import type { Gpt } from "./gpt.ts";

/** How the matrices of a model are kept. */
export type Quantization = Config["generate"]["quantize"];

/** Bytes of a model's weights. */
export interface WeightMemory {
  /** As they are kept. */
  readonly bytes: number;
  /** The same in f32. */
  readonly f32Bytes: number;
}

const BITS: Readonly<Record<Quantization, QuantizedBits | undefined>> = { none: undefined, q8: 8, q4: 4 };

/** Makes a quantised matrix, without contents, for each parameter that is to be one. */
export function createQuantizedMatrices(
  specs: readonly ParameterSpec[],
  quantize: Quantization,
): Map<string, QuantizedMatrix> {
  const bits = BITS[quantize];
  if (!bits) return new Map();
  const matrices = specs.filter(({ name, shape }) => shape.length === 2 && name !== "wpe.weight");
  return new Map(matrices.map(({ name, shape }) => {
    const [K, N] = isStoredByOutput(name) ? [shape[1], shape[0]] : shape;
    return [name, createQuantizedMatrix(name, { bits, K, N })];
  }));
}

/** Tables of tokens have a row for each token, other matrices a column for each output. */
function isStoredByOutput(name: string): boolean {
  return name === "wte.weight" || name === "lm_head.weight";
}

/**
 * Quantises weights into their matrix.
 *
 * @throws {UsageError} when a weight is not finite
 */
export function writeQuantized(
  backend: Backend,
  matrix: QuantizedMatrix,
  weight: { readonly name: string; readonly data: ArrayLike<number> },
): void {
  const { bits, K, N } = matrix;
  try {
    const transposed = isStoredByOutput(weight.name);
    backend.write(matrix.packed, quantizeMatrix(weight.data, { bits, K, N, transposed }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `Cannot quantize ${weight.name}: every weight must be finite, use another checkpoint or --quantize none`,
      { cause: error },
    );
  }
}

/** What the weights of a model take on the device. */
export function weightMemory({ table, quantized }: Gpt): WeightMemory {
  let bytes = table.count * 4;
  let f32Bytes = bytes;
  for (const matrix of quantized.values()) {
    bytes += quantizedBytes(matrix);
    f32Bytes += matrix.K * matrix.N * 4;
  }
  return { bytes, f32Bytes };
}
