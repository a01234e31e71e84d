// Row and elementwise kernels are written once for a type `Vector`: four floats where the row length allows, else one.

import scalar from "../snippets/vector_1.wgsl" with { type: "text" };
import quad from "../snippets/vector_4.wgsl" with { type: "text" };

export interface VectorChoice {
  /** Floats in a Vector. */
  readonly width: 1 | 4;
  /** WGSL that declares `Vector` and what kernels need of it. */
  readonly snippet: string;
}

/** The widest Vector that divides rows of `columns` floats. */
export function vectorOf(columns: number): VectorChoice {
  return columns % 4 === 0 ? { width: 4, snippet: quad } : { width: 1, snippet: scalar };
}
