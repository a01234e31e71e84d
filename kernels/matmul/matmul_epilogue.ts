// Constants and bindings of matmul_epilogue.wgsl for a product, shared by the three kernel families.

import gelu from "../snippets/gelu.wgsl" with { type: "text" };
import scalar from "../snippets/vector_1.wgsl" with { type: "text" };
import vector from "../snippets/vector_4.wgsl" with { type: "text" };
import type { Resource } from "../program/lowering.ts";
import epilogue from "./matmul_epilogue.wgsl" with { type: "text" };
import quad1 from "./matmul_quad_1.wgsl" with { type: "text" };
import quad4 from "./matmul_quad_4.wgsl" with { type: "text" };
import { type MatmulSpec, type Operand, pitchOf } from "./matmul_spec.ts";

const ACTIVATIONS = { none: 0, gelu: 1, relu: 2 };
/** Values of BESIDE. */
const DERIVATIVES = { gelu: 2, relu: 3 };

/** WGSL that precedes a matmul kernel storing Vectors of `width` floats. */
export function epilogueSnippet(width: 1 | 4): string {
  return (width === 4 ? vector : scalar) + gelu + epilogue + (width === 4 ? quad4 : quad1);
}

/**
 * Floats per Vector of C and bias, for kernels that store quads: 4 where the last Vector of a row reaches beyond N at most
 * into the padding of its own row.
 */
export function storeWidth({ N, c, bias }: Pick<MatmulSpec, "N" | "c" | "bias">): 1 | 4 {
  if (pitchOf(c) % 4 !== 0 || c.column % 4 !== 0 || c.columnsPerHead % 4 !== 0) return 1;
  if (N % 4 === 0) return 4;
  const isPadded = c.column === 0 && c.columnsPerHead === 0 && pitchOf(c) > N;
  return isPadded && !bias ? 4 : 1;
}

/** What an epilogue does, as override constants: a pipeline of its own each. */
export function epilogueConstants(spec: MatmulSpec): Record<string, number> {
  return {
    ACCUMULATE: Number(spec.accumulate ?? false),
    HAS_BIAS: Number(spec.bias !== undefined),
    HAS_PRE_ACTIVATION: Number(spec.preActivation !== undefined),
    ACTIVATION: ACTIVATIONS[spec.activation ?? "none"],
    BESIDE: spec.residual ? 1 : spec.derivative ? DERIVATIVES[spec.derivative.kind] : 0,
  };
}

/**
 * The fields of MatmulShape: sizes are data, so that products of all sizes share a pipeline.
 *
 * @param widths floats per element of the operands as the kernel reads them, and per Vector of C
 */
export function matmulShape(spec: MatmulSpec, widths: { operands: 1 | 4; c: 1 | 4 }): Record<string, number> {
  return {
    M: spec.M,
    N: Math.ceil(spec.N / widths.c),
    K: spec.K,
    heads: spec.heads ?? 1,
    ...operandShape("c", spec.c, widths.c),
    ...operandShape("a", spec.a, widths.operands),
    ...operandShape("b", spec.b, widths.operands),
    k_start: 0,
    k_stop: spec.K,
    k_part: 0,
    columns: spec.N,
  };
}

function operandShape(name: string, operand: Operand, width: number): Record<string, number> {
  return {
    [`${name}_pitch`]: Math.ceil(pitchOf(operand) / width),
    [`${name}_rows_per_batch`]: operand.rowsPerBatch,
    [`${name}_rows_per_head`]: operand.rowsPerHead,
    [`${name}_column`]: operand.column / width,
    [`${name}_columns_per_head`]: operand.columnsPerHead / width,
  };
}

export function epilogueBindings(spec: MatmulSpec): Record<string, Resource> {
  const beside = spec.residual ?? spec.derivative?.x;
  return { c: spec.c.tensor, bias: spec.bias, pre_activation: spec.preActivation, beside };
}
