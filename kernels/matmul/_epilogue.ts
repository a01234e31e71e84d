// Constants and bindings of matmul_epilogue.wgsl for a product, shared by the three kernel families.

import gelu from "../snippets/gelu.wgsl" with { type: "text" };
import scalar from "../snippets/vector_1.wgsl" with { type: "text" };
import quad from "../snippets/vector_4.wgsl" with { type: "text" };
import type { Resource } from "../program/lowering.ts";
import epilogue from "./matmul_epilogue.wgsl" with { type: "text" };
import { type MatmulSpec, type Operand, pitchOf } from "./matmul_spec.ts";

const ACTIVATIONS = { none: 0, gelu: 1, relu: 2 };

/** WGSL that precedes a matmul kernel storing Vectors of `width` floats. */
export function epilogueSnippet(width: 1 | 4): string {
  return (width === 4 ? quad : scalar) + gelu + epilogue;
}

export function epilogueConstants(spec: MatmulSpec, width: 1 | 4): Record<string, number> {
  return {
    M: spec.M,
    N: Math.ceil(spec.N / width),
    K: spec.K,
    HEADS: spec.heads ?? 1,
    ...operandConstants("C", spec.c, width),
    ACCUMULATE: Number(spec.accumulate ?? false),
    HAS_BIAS: Number(spec.bias !== undefined),
    HAS_PRE_ACTIVATION: Number(spec.preActivation !== undefined),
    ACTIVATION: ACTIVATIONS[spec.activation ?? "none"],
  };
}

/** Geometry of an operand in units of `width` floats, under the names the kernels use. */
export function operandConstants(prefix: string, operand: Operand, width: number): Record<string, number> {
  return {
    [`${prefix}_PITCH`]: Math.ceil(pitchOf(operand) / width),
    [`${prefix}_ROWS_PER_BATCH`]: operand.rowsPerBatch,
    [`${prefix}_ROWS_PER_HEAD`]: operand.rowsPerHead,
    [`${prefix}_COLUMN`]: operand.column / width,
    [`${prefix}_COLUMNS_PER_HEAD`]: operand.columnsPerHead / width,
  };
}

export function epilogueBindings(spec: MatmulSpec): Record<string, Resource> {
  return { c: spec.c.tensor, bias: spec.bias, pre_activation: spec.preActivation };
}
