// A matrix laid out for products that read each weight once: panels of 64 output columns, and in a panel the terms of the
// sum one after another, so that a wave streams through memory. CPU adapters read it at the speed of memory; rows of a
// matrix as they stand cost four times as much. For weights that stay as they are over many replays.

import type { Dispatch, Texture } from "./lowering.ts";
import packPanelsKernel from "./pack_panels.wgsl" with { type: "text" };
import { rowPieces, rowsOf, sizeOf, type Tensor } from "./tensor.ts";

/** Texels of a panel for one term of the sum: two Vectors for each of 8 lanes. */
export const PANEL_TEXELS = 16;
/** Columns of the product in a panel. */
export const PANEL_COLUMNS = 4 * PANEL_TEXELS;
/** Terms of the sum a row of the texture holds at most, and what their number is a multiple of. */
const MOST_TERMS = 256;
const TERM_GROUP = 32;

/** Texel (t 16 + v, p rowsPerPanel + r) holds columns 4 (16 p + v) to + 3 of term r depth + t; zero beyond the edges. */
export interface Panels extends Texture {
  /** Terms of the sum, and columns of the product. */
  readonly K: number;
  readonly N: number;
  /** Terms in one row of the texture. */
  readonly depth: number;
  readonly rowsPerPanel: number;
  readonly count: number;
}

/**
 * How a weight is laid out.
 *
 * @param weight [K, N], or [N, K] with `transposed`
 */
export function layoutPanels(weight: Tensor, transposed: boolean): Panels {
  const [K, N] = transposed ? weight.shape.slice().reverse() : weight.shape;
  const rowsPerPanel = Math.ceil(K / MOST_TERMS);
  const depth = Math.ceil(K / rowsPerPanel / TERM_GROUP) * TERM_GROUP;
  const count = Math.ceil(N / PANEL_COLUMNS);
  return {
    source: weight,
    format: "rgba32float",
    rows: rowsOf(weight),
    columns: sizeOf(weight) / rowsOf(weight),
    width: depth * PANEL_TEXELS,
    height: count * rowsPerPanel,
    K,
    N,
    depth,
    rowsPerPanel,
    count,
  };
}

/**
 * The dispatches that fill the panels. A weight larger than one binding is read in pieces of whole rows.
 */
export function packPanels(
  panels: Panels,
  options: { transposed: boolean; maxBindingBytes: number },
): Dispatch[] {
  const { source, K, N, depth, rowsPerPanel, width, height } = panels;
  return rowPieces(source, options.maxBindingBytes).map(({ first, piece }) => ({
    kernel: "pack_panels",
    code: packPanelsKernel,
    constants: { TRANSPOSED: Number(options.transposed) },
    shape: { K, N, depth, rows_per_panel: rowsPerPanel, width, height, first, end: first + rowsOf(piece) },
    bindings: { source: piece, packed: panels },
    grid: [Math.ceil(width / 64), height],
    flops: sizeOf(piece),
  }));
}
