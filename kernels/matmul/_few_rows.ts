// Lowers products with few rows (decoding) to kernels that read each weight once instead of filling tiles with nothing.

import type { Lowering } from "../program/lowering.ts";
import { epilogueBindings, epilogueConstants, epilogueSnippet, matmulShape } from "./matmul_epilogue.ts";
import fewRowsNn from "./matmul_few_rows_nn.wgsl" with { type: "text" };
import fewRowsNnWave from "./matmul_few_rows_nn_wave.wgsl" with { type: "text" };
import fewRowsNt from "./matmul_few_rows_nt.wgsl" with { type: "text" };
import { fitsTexture, type MatmulSpec, matmulWork, type Operand, pitchOf } from "./matmul_spec.ts";
import { WAVE_LANES } from "./matmul_wave.ts";

/** Above this many rows tiles are faster. */
const MAX_ROWS = 8;

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
  if (spec.mode === "NT") lowerTransposed(lowering, spec);
  else if (lowering.family === "wave" && fitsTexture(lowering, spec.b)) lowerPlainWave(lowering, spec);
  else lowerPlain(lowering, spec);
}

function lowerPlain(lowering: Lowering, spec: MatmulSpec): void {
  const { lanes } = lowering.rowShape;
  lowering.dispatch({
    kernel: "matmul_few_rows_nn",
    code: epilogueSnippet(4) + fewRowsNn,
    constants: { ...epilogueConstants(spec), LANES: lanes },
    shape: matmulShape(spec, { operands: 4, c: 4 }),
    bindings: { a: spec.a.tensor, b: spec.b.tensor, ...epilogueBindings(spec) },
    grid: [Math.ceil(spec.N / 4 / lanes), spec.M],
    ...matmulWork(spec),
  });
}

function lowerPlainWave(lowering: Lowering, spec: MatmulSpec): void {
  lowering.dispatch({
    kernel: "matmul_few_rows_nn_wave",
    code: epilogueSnippet(4) + fewRowsNnWave,
    constants: epilogueConstants(spec),
    shape: matmulShape(spec, { operands: 4, c: 4 }),
    bindings: { a: spec.a.tensor, b: lowering.texture(spec.b.tensor), ...epilogueBindings(spec) },
    grid: [Math.ceil(spec.N / 4 / WAVE_LANES), spec.M],
    ...matmulWork(spec),
  });
}

function lowerTransposed(lowering: Lowering, spec: MatmulSpec): void {
  const { lanes, rows } = lowering.rowShape;
  const groups = Math.ceil(spec.N / rows);
  const width = Math.min(groups, 32768);
  lowering.dispatch({
    kernel: "matmul_few_rows_nt",
    code: lowering.lanesSnippet + epilogueSnippet(1) + fewRowsNt,
    constants: { ...epilogueConstants(spec), LANES: lanes, ROWS: rows },
    shape: matmulShape(spec, { operands: 4, c: 1 }),
    bindings: { a: spec.a.tensor, b: spec.b.tensor, ...epilogueBindings(spec) },
    grid: [width, spec.M, Math.ceil(groups / width)],
    ...matmulWork(spec),
  });
}
