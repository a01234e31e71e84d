// Lowers a product to matmul_tile.wgsl.

import type { Lowering } from "../program/lowering.ts";
import { epilogueBindings, epilogueConstants, epilogueSnippet, matmulShape } from "./_epilogue.ts";
import { matmulFlops, type MatmulSpec } from "./matmul_spec.ts";
import matmulTile from "./matmul_tile.wgsl" with { type: "text" };

const CAUSALITIES = { none: 0, skip: 1, upto: 2, from: 3 };
const TILE = 64;

/** Longest sum of one dispatch: far from the 65,535 loop iterations an invocation may have on a software adapter. */
const MAX_DEPTH = 32768;

export function lowerTile(lowering: Lowering, spec: MatmulSpec): void {
  for (let start = 0; start < spec.K; start += MAX_DEPTH) {
    const stop = Math.min(spec.K, start + MAX_DEPTH);
    lowerPiece(lowering, stop < spec.K ? withoutEpilogue(spec) : spec, { start, stop });
  }
}

function withoutEpilogue(spec: MatmulSpec): MatmulSpec {
  return { ...spec, bias: undefined, activation: "none", preActivation: undefined };
}

function lowerPiece(lowering: Lowering, spec: MatmulSpec, piece: { start: number; stop: number }): void {
  lowering.dispatch({
    kernel: "matmul_tile",
    code: epilogueSnippet(1) + matmulTile,
    constants: {
      ...epilogueConstants({ ...spec, accumulate: spec.accumulate || piece.start > 0 }),
      A_TRANSPOSED: Number(spec.mode === "TN"),
      B_TRANSPOSED: Number(spec.mode === "NT"),
      CAUSALITY: CAUSALITIES[spec.causality ?? "none"],
    },
    shape: { ...matmulShape(spec, { operands: 1, c: 1 }), k_start: piece.start, k_stop: piece.stop },
    bindings: { a: spec.a.tensor, b: spec.b.tensor, ...epilogueBindings(spec) },
    grid: [Math.ceil(spec.N / TILE), Math.ceil(spec.M / TILE), spec.batch ?? 1],
    flops: matmulFlops(spec) * (piece.stop - piece.start) / spec.K,
  });
}
