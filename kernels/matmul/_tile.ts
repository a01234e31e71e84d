// Lowers a product to the kernels that take any shape: tiles in workgroup memory, or plain loops.

import type { Lowering } from "../program/lowering.ts";
import { epilogueBindings, epilogueConstants, epilogueSnippet, matmulShape } from "./matmul_epilogue.ts";
import { type MatmulSpec, matmulWork } from "./matmul_spec.ts";
import operands from "./matmul_operands.wgsl" with { type: "text" };
import matmulPlain from "./matmul_plain.wgsl" with { type: "text" };
import matmulTile from "./matmul_tile.wgsl" with { type: "text" };

const CAUSALITIES = { none: 0, skip: 1, upto: 2, from: 3 };
/** Columns and rows of C one workgroup computes. */
const TILE = { kernel: "matmul_tile", code: matmulTile, columns: 64, rows: 64 };
const PLAIN = { kernel: "matmul_plain", code: matmulPlain, columns: 8, rows: 32 };

/** Longest sum of one dispatch: far from the 65,535 loop iterations an invocation may have on a software adapter. */
const MAX_DEPTH = 32768;

export function lowerTile(lowering: Lowering, spec: MatmulSpec): void {
  for (let start = 0; start < spec.K; start += MAX_DEPTH) {
    const stop = Math.min(spec.K, start + MAX_DEPTH);
    lowerPiece(lowering, stop < spec.K ? withoutEpilogue(spec) : spec, { start, stop });
  }
}

/** The part of a product that one dispatch is, for the profile. */
function pieceOf(spec: MatmulSpec, { start, stop }: { start: number; stop: number }): MatmulSpec {
  if (stop - start === spec.K) return spec;
  return { ...spec, K: stop - start, accumulate: spec.accumulate || start > 0 };
}

function withoutEpilogue(spec: MatmulSpec): MatmulSpec {
  return { ...spec, bias: undefined, activation: "none", preActivation: undefined };
}

function lowerPiece(lowering: Lowering, spec: MatmulSpec, piece: { start: number; stop: number }): void {
  const { kernel, code, columns, rows } = lowering.family === "plain" ? PLAIN : TILE;
  lowering.dispatch({
    kernel,
    code: epilogueSnippet(1) + operands + code,
    constants: {
      ...epilogueConstants({ ...spec, accumulate: spec.accumulate || piece.start > 0 }),
      A_TRANSPOSED: Number(spec.mode === "TN"),
      B_TRANSPOSED: Number(spec.mode === "NT"),
      CAUSALITY: CAUSALITIES[spec.causality ?? "none"],
    },
    shape: { ...matmulShape(spec, { operands: 1, c: 1 }), k_start: piece.start, k_stop: piece.stop },
    bindings: { a: spec.a.tensor, b: spec.b.tensor, ...epilogueBindings(spec) },
    grid: [Math.ceil(spec.N / columns), Math.ceil(spec.M / rows), spec.batch ?? 1],
    ...matmulWork(pieceOf(spec, piece)),
  });
}
