// Lowers products with few rows and a frozen weight to the kernel of matmul_panels.ts.

import type { Lowering } from "../program/lowering.ts";
import { layoutPanels } from "../program/panels.ts";
import gelu from "../snippets/gelu.wgsl" with { type: "text" };
import quad from "../snippets/vector_4.wgsl" with { type: "text" };
import { type MatmulSpec, matmulWork, pitchOf } from "./matmul_spec.ts";
import { matmulPanels } from "./matmul_panels.ts";

/** Above this many rows, matmul_wave computes half as fast again, which outweighs that it wants the weight twice. */
const MOST_ROWS = 8;
/** Terms of all rows that a workgroup normalises itself: more would take longer than a dispatch of its own. */
const MOST_NORMALISED = 2048;

/** Whether the product is one of matmul_panels: rows as they stand, a weight worth laying out anew. */
export function fitsPanels(lowering: Lowering, spec: MatmulSpec): boolean {
  const { mode, a, b, c } = spec;
  if (!spec.frozen || lowering.family !== "wave" || mode === "TN" || spec.M > MOST_ROWS) return false;
  if ((spec.batch ?? 1) > 1 || (spec.causality ?? "none") !== "none" || spec.preActivation) return false;
  if (spec.derivative || spec.columnSum) return false;
  if (pitchOf(a) !== spec.K || pitchOf(c) !== spec.N || a.column + b.column + c.column > 0) return false;
  return layoutPanels(b.tensor, mode === "NT").height <= lowering.traits.maxTextureRows;
}

/** Whether the kernel normalises rows on the way in. */
export function panelsNormalise(spec: MatmulSpec): boolean {
  return spec.M <= 8 && spec.K % 4 === 0 && spec.M * spec.K <= MOST_NORMALISED;
}

export function lowerPanels(lowering: Lowering, spec: MatmulSpec): void {
  const { M, N, K, norm, bias, residual } = spec;
  const w = lowering.panels(spec.b.tensor, { transposed: spec.mode === "NT" });
  const rows = [1, 2, 4, 8].find((count) => M <= count) ?? 8;
  const code = matmulPanels({
    rows,
    aIsWhole: K % 4 === 0,
    cIsWhole: N % 4 === 0,
    hasBias: bias !== undefined,
    hasResidual: residual !== undefined,
    accumulate: spec.accumulate ?? false,
    activation: spec.activation ?? "none",
    norm: norm && { K, hasBeta: norm.beta !== undefined, epsilon: norm.epsilon },
  });
  const blocks = Math.ceil(M / rows);
  lowering.dispatch({
    kernel: "matmul_panels",
    code: quad + gelu + code,
    shape: { M, N, K, width: w.width, rows_per_panel: w.rowsPerPanel, panels: w.count },
    bindings: {
      a: spec.a.tensor,
      w,
      c: spec.c.tensor,
      ...(bias && { bias }),
      ...(residual && { residual }),
      ...(norm && { gamma: norm.gamma }),
      ...(norm?.beta && { beta: norm.beta }),
    },
    // Blocks of rows side by side find their panel in the cache; one block shares its norm among many panels.
    grid: [blocks, blocks > 1 ? w.count : Math.min(w.count, 2 * navigator.hardwareConcurrency)],
    ...matmulWork(spec),
  });
}
