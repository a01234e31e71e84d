// Product with a quantised matrix, y = activation(x W + bias), for inference: there is no gradient. Which kernel computes it
// is decided here, by device and number of rows.

import {
  epilogueBindings,
  epilogueConstants,
  epilogueSnippet,
  matmulShape,
  storeWidth,
} from "../matmul/matmul_epilogue.ts";
import { type MatmulSpec, matmulWork, wholeOperand } from "../matmul/matmul_spec.ts";
import { floats, integers, type Pass } from "../program/call.ts";
import { isTexture, type Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import packedBuffer from "../snippets/packed_buffer.wgsl" with { type: "text" };
import packedTexture from "../snippets/packed_texture.wgsl" with { type: "text" };
import quantized from "../snippets/quantized.wgsl" with { type: "text" };
import quantized4 from "../snippets/quantized_4.wgsl" with { type: "text" };
import quantized8 from "../snippets/quantized_8.wgsl" with { type: "text" };
import fewRows from "./quantized_matmul_few_rows.wgsl" with { type: "text" };
import left1 from "./quantized_matmul_left_1.wgsl" with { type: "text" };
import left4 from "./quantized_matmul_left_4.wgsl" with { type: "text" };
import { quantizedMatmulReference } from "./quantized_matmul_reference.ts";
import rowWave from "./quantized_matmul_row_wave.wgsl" with { type: "text" };
import rowsWave from "./quantized_matmul_rows_wave.wgsl" with { type: "text" };
import tile from "./quantized_matmul_tile.wgsl" with { type: "text" };
import {
  GROUP,
  quantizedAttributes,
  type QuantizedBits,
  quantizedFrom,
  type QuantizedMatrix,
  STRIP,
} from "./quantized_matrix.ts";

/** From so many rows on a tile is faster than unpacking the matrix for every eight. */
const MIN_TILE_ROWS = 17;
/** Up to so many rows, unpacking the matrix for each is faster than computing 16 rows. */
const MAX_SINGLE_ROWS = 8;
/** Rows of a wave that unpacks once for all of them. */
const WAVE_ROWS = 16;
/** Columns and rows of a tile. */
const TILE = 64;

export interface QuantizedMatmulOptions {
  /** [N]. */
  readonly bias?: Tensor;
  readonly activation?: "none" | "gelu" | "relu";
  /** Name of the result, for labels. */
  readonly name?: string;
}

/** What a product with a quantised matrix needs to be lowered. */
export interface QuantizedMatmulSpec
  extends Pick<MatmulSpec, "M" | "a" | "c" | "bias" | "activation" | "residual"> {
  readonly matrix: QuantizedMatrix;
}

/**
 * y = activation(x W + bias).
 *
 * @param x [..., K]
 * @returns [..., N]
 * @throws {TypeError} when the inner dimensions differ
 */
export function quantizedMatmul(
  tape: Tape,
  x: Tensor,
  matrix: QuantizedMatrix,
  options: QuantizedMatmulOptions = {},
): Tensor {
  const { bias, activation = "none", name = "product" } = options;
  const { packed, K, N } = matrix;
  if (columnsOf(x) !== K) {
    throw new TypeError(
      `Cannot multiply ${x.name} [${x.shape}] by ${packed.name} [${K},${N}]: need [..., K] and [K, N]`,
    );
  }
  const y = tape.activation(name, [...x.shape.slice(0, -1), N], { from: [] });
  tape.record(quantizedMatmulPass, {
    inputs: { a: x, b: packed, ...(bias ? { bias } : {}) },
    outputs: { c: y },
    attributes: { ...quantizedAttributes(matrix), activation },
  });
  return y;
}

/** C = activation(A W + bias); a fused call adds a `residual`. */
export const quantizedMatmulPass: Pass = {
  name: "quantized_matmul_forward",
  reference({ inputs, outputs, attributes }, values): void {
    const { bias, residual } = inputs;
    quantizedMatmulReference({
      a: floats(values, inputs.a),
      packed: integers(values, inputs.b),
      bias: bias && floats(values, bias),
      residual: residual && floats(values, residual),
      c: floats(values, outputs.c),
    }, {
      size: quantizedFrom(inputs.b, attributes),
      activation: attributes.activation as "none" | "gelu" | "relu",
    });
  },
  lower: ({ inputs, outputs, attributes }, lowering) =>
    lowerQuantizedMatmul(lowering, {
      M: rowsOf(outputs.c),
      a: wholeOperand(inputs.a),
      c: wholeOperand(outputs.c),
      bias: inputs.bias,
      residual: inputs.residual,
      activation: attributes.activation as MatmulSpec["activation"],
      matrix: quantizedFrom(inputs.b, attributes),
    }),
};

/** WGSL by which kernels read a packed matrix, and what to bind to its `b`. */
export function packedOperand(
  lowering: Lowering,
  matrix: Pick<QuantizedMatrix, "packed" | "bits">,
): { readonly snippet: string; readonly resource: ReturnType<Lowering["packed"]> } {
  const resource = lowering.packed(matrix.packed);
  const numbers: Record<QuantizedBits, string> = { 8: quantized8, 4: quantized4 };
  return {
    resource,
    snippet: (isTexture(resource) ? packedTexture : packedBuffer) + numbers[matrix.bits] + quantized,
  };
}

/** Emits the dispatch of one product. */
export function lowerQuantizedMatmul(lowering: Lowering, given: QuantizedMatmulSpec): void {
  const { matrix, ...rest } = given;
  const spec: MatmulSpec = { ...rest, mode: "NN", N: matrix.N, K: matrix.K, b: wholeOperand(matrix.packed) };
  const { N, K } = spec;
  const work = matmulWork(spec);
  const { snippet, resource } = packedOperand(lowering, matrix);
  const width = storeWidth(spec);
  const { kernel, code, constants, grid } = chooseKernel(lowering, spec);
  lowering.dispatch({
    kernel,
    code: epilogueSnippet(width) + snippet + (K % 4 === 0 ? left4 : left1) + code,
    constants: { ...epilogueConstants(spec), ...constants },
    shape: matmulShape(spec, { operands: 4, c: width }),
    bindings: { a: spec.a.tensor, b: resource, ...epilogueBindings(spec) },
    grid,
    ...work,
    bytes: work.bytes - 4 * K * N + 4 * sizeOf(matrix.packed),
    detail: `q${matrix.bits} ${work.detail}`,
  });
}

interface Kernel {
  readonly kernel: string;
  readonly code: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly grid: readonly [number, number];
}

function chooseKernel({ family }: Lowering, { M, N, K }: MatmulSpec): Kernel {
  const strips = Math.ceil(N / STRIP);
  if (family === "wave") {
    return M <= MAX_SINGLE_ROWS
      ? { kernel: "quantized_matmul_row_wave", code: rowWave, grid: [Math.ceil(strips / 2), M] }
      : {
        kernel: "quantized_matmul_rows_wave",
        code: rowsWave,
        grid: [Math.ceil(strips / 2), Math.ceil(M / WAVE_ROWS)],
      };
  }
  if (family === "tile" && M >= MIN_TILE_ROWS) {
    return { kernel: "quantized_matmul_tile", code: tile, grid: [Math.ceil(N / TILE), Math.ceil(M / TILE)] };
  }
  const rows = M === 1 ? 1 : 8;
  const groups = Math.ceil(K / GROUP);
  const PARTS = Math.min(groups, rows === 1 ? 32 : 8);
  return {
    kernel: "quantized_matmul_few_rows",
    code: `const ROWS = ${rows}u;\n` + fewRows,
    constants: { PARTS },
    grid: [strips, Math.ceil(M / rows)],
  };
}
