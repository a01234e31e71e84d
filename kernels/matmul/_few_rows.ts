// Lowers products with few rows (decoding) to kernels that read each weight once instead of filling tiles with nothing.

import type { Lowering, Resource } from "../program/lowering.ts";
import { rowPieces, rowsOf, type Tensor, viewOf } from "../program/tensor.ts";
import { epilogueBindings, epilogueConstants, epilogueSnippet, matmulShape } from "./matmul_epilogue.ts";
import fewRowsNn from "./matmul_few_rows_nn.wgsl" with { type: "text" };
import fewRowsNorm from "./matmul_few_rows_norm.wgsl" with { type: "text" };
import fewRowsNt from "./matmul_few_rows_nt.wgsl" with { type: "text" };
import { type MatmulSpec, matmulWork, type Operand, pitchOf, wholeOperand } from "./matmul_spec.ts";

/** Above this many rows tiles are faster. */
const MAX_ROWS = 8;
const INVOCATIONS = 256;
/** Vectors of C a workgroup of the NN kernel computes; results of the NT kernel for a row of lanes. */
const NN_VECTORS = 8;
const NT_RESULTS = 4;

export function fitsFewRows(spec: MatmulSpec): boolean {
  if (spec.M > MAX_ROWS || (spec.batch ?? 1) > 1 || spec.K % 4 !== 0) return false;
  if (!isWhole(spec.a, spec.K) || (spec.causality ?? "none") !== "none") return false;
  if (spec.mode === "NN") {
    return spec.N % 4 === 0 && isWhole(spec.b, spec.N) && pitchOf(spec.c) % 4 === 0 &&
      spec.c.column % 4 === 0;
  }
  return spec.mode === "NT" && isWhole(spec.b, spec.K);
}

function isWhole(operand: Operand, columns: number): boolean {
  return operand.column === 0 && pitchOf(operand) === columns;
}

export function lowerFewRows(lowering: Lowering, spec: MatmulSpec): void {
  if (spec.mode === "NN") return lowerPlain(lowering, spec);
  // A vocabulary may be larger than a binding.
  for (const { first, piece } of rowPieces(spec.b.tensor, lowering.traits.maxBindingBytes)) {
    lowerTransposed(lowering, pieceOf(spec, first, piece));
  }
}

/** The product for the rows of B in a piece that starts at row `first`. */
function pieceOf(spec: MatmulSpec, first: number, piece: Tensor): MatmulSpec {
  const { c, bias } = spec;
  const N = rowsOf(piece);
  return {
    ...spec,
    N,
    b: wholeOperand(piece),
    c: { ...c, column: c.column + first },
    bias: bias && viewOf(bias, { offset: first, shape: [N] }),
  };
}

function lowerPlain(lowering: Lowering, spec: MatmulSpec): void {
  lowering.dispatch({
    kernel: "matmul_few_rows_nn",
    code: epilogueSnippet(4) + invocations(INVOCATIONS) + fewRowsNorm + fewRowsNn,
    constants: { ...epilogueConstants(spec), ...normConstants(spec) },
    shape: matmulShape(spec, { operands: 4, c: 4 }),
    bindings: operandsOf(spec),
    grid: [Math.ceil(spec.N / 4 / NN_VECTORS), spec.M],
    ...matmulWork(spec),
  });
}

function lowerTransposed(lowering: Lowering, spec: MatmulSpec): void {
  const { lanes } = lowering.rowShape;
  const rows = INVOCATIONS / lanes;
  const groups = Math.ceil(spec.N / rows / NT_RESULTS);
  const width = Math.min(groups, 32768);
  lowering.dispatch({
    kernel: "matmul_few_rows_nt",
    code: lowering.lanesSnippet + epilogueSnippet(1) + invocations(INVOCATIONS) + fewRowsNorm + fewRowsNt,
    constants: { ...epilogueConstants(spec), ...normConstants(spec), LANES: lanes, ROWS: rows },
    shape: matmulShape(spec, { operands: 4, c: 1 }),
    bindings: operandsOf(spec),
    grid: [width, spec.M, Math.ceil(groups / width)],
    ...matmulWork(spec),
  });
}

function invocations(count: number): string {
  return `const INVOCATIONS = ${count}u;\n`;
}

function normConstants({ norm }: MatmulSpec): Record<string, number> {
  return {
    NORM: Number(norm !== undefined),
    HAS_BETA: Number(norm?.beta !== undefined),
    EPSILON: norm?.epsilon ?? 0,
  };
}

function operandsOf(spec: MatmulSpec): Record<string, Resource> {
  const { gamma, beta } = spec.norm ?? {};
  return { a: spec.a.tensor, b: spec.b.tensor, gamma, beta, ...epilogueBindings(spec) };
}
