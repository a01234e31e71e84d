// One matrix product as a kernel sees it: three operands with their geometry, what happens to the result on its way to
// memory, and which part of it causality leaves out. Attention and the loss describe theirs with it too.

import type { Lowering } from "../program/lowering.ts";
import { columnsOf, rowsOf, type Tensor } from "../program/tensor.ts";

/**
 * A matrix within a tensor seen as rows of its last dimension. In batch entry z, with head h = z % heads and
 * b = floor(z / heads), element (i, j) of the matrix is at
 *   row = b rowsPerBatch + h rowsPerHead + i,   column = column + h columnsPerHead + j.
 */
export interface Operand {
  readonly tensor: Tensor;
  readonly rowsPerBatch: number;
  readonly rowsPerHead: number;
  readonly column: number;
  readonly columnsPerHead: number;
}

/** How the operands are stored: C = A B, C = A Bt with B given as [N, K], or C = At B with A given as [K, M]. */
export type MatmulMode = "NN" | "NT" | "TN";

/**
 * What causality says of a T x T score matrix S (queries down, keys across; M, N or K is T):
 * `skip`: only entries with key <= query are wanted, tiles above the diagonal are left as they are;
 * `upto`: A is lower triangular, row m has its terms at k <= m;
 * `from`: A is given transposed and is lower triangular, row m has its terms at k >= m.
 * A must hold zeros above the diagonal up to the next multiple of 64 columns.
 */
export type Causality = "none" | "skip" | "upto" | "from";

export interface MatmulSpec {
  readonly mode: MatmulMode;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Matrices in the batch, batch entries times heads. */
  readonly batch?: number;
  readonly heads?: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly c: Operand;
  /** Add to what C holds instead of overwriting it. */
  readonly accumulate?: boolean;
  /** [N], added to every row. */
  readonly bias?: Tensor;
  readonly activation?: "none" | "gelu" | "relu";
  /** [M, N], receives the values before the activation, for its backward pass. */
  readonly preActivation?: Tensor;
  /** [M, N], added after the activation. */
  readonly residual?: Tensor;
  /** C is multiplied by the derivative of an activation at x [M, N]; excludes a residual. */
  readonly derivative?: { readonly x: Tensor; readonly kind: "gelu" | "relu" };
  /** [N], receives the sums of the columns of B, which is [K, N]. */
  readonly columnSum?: { readonly y: Tensor; readonly accumulate: boolean };
  readonly causality?: Causality;
  /** Rows of A are normalised first. */
  readonly norm?: { readonly gamma: Tensor; readonly beta: Tensor | undefined; readonly epsilon: number };
  /** B stays as it is over many replays: a layout made for it is worth its memory. */
  readonly frozen?: boolean;
}

/** The whole tensor as one matrix. */
export function wholeOperand(tensor: Tensor): Operand {
  return { tensor, rowsPerBatch: 0, rowsPerHead: 0, column: 0, columnsPerHead: 0 };
}

/** Distance between rows in elements. */
export function pitchOf(operand: Operand): number {
  return columnsOf(operand.tensor);
}

/**
 * What the profile knows of a product: multiply-adds that causality leaves in, operands and result each moved once.
 *
 * @param options.columnSums the kernel takes the column sums as well
 */
export function matmulWork(
  spec: MatmulSpec,
  options: { columnSums?: boolean } = {},
): { flops: number; bytes: number; detail: string } {
  const { M, N, K, accumulate = false, causality = "none" } = spec;
  const { columnSums = false } = options;
  const batch = spec.batch ?? 1;
  const isSkipped = causality === "skip";
  const isTriangularA = causality === "upto" || causality === "from";
  const a = isTriangularA ? triangle(K) : M * K;
  const c = isSkipped ? triangle(N) : M * N;
  const terms = isSkipped ? c * K : a * N;
  const beside = [spec.preActivation, spec.residual, spec.derivative].filter((tensor) => tensor).length;
  const rows = Number(spec.bias !== undefined) + (columnSums ? 1 + Number(spec.columnSum?.accumulate) : 0);
  const elements = batch * (a + K * N + (1 + Number(accumulate) + beside) * c) + rows * N;
  const detail = detailOf(spec) + (columnSums ? " column_sum" : "");
  return { flops: 2 * batch * terms + (columnSums ? K * N : 0), bytes: 4 * elements, detail };
}

/** Elements of a T x T matrix up to the diagonal. */
function triangle(T: number): number {
  return T * (T + 1) / 2;
}

/** `NN 2048x768x256 bias gelu`: mode, M x N x K, then what is special. */
function detailOf(spec: MatmulSpec): string {
  const { mode, M, N, K, batch = 1, bias, activation = "none", accumulate, causality = "none" } = spec;
  const { residual, derivative } = spec;
  const words = [mode, `${batch > 1 ? `${batch}x` : ""}${M}x${N}x${K}`];
  if (causality !== "none") words.push("causal");
  if (bias) words.push("bias");
  if (activation !== "none") words.push(activation);
  if (residual) words.push("residual");
  if (derivative) words.push(`d_${derivative.kind}`);
  if (accumulate) words.push("added");
  return words.join(" ");
}

/** Whether the operand's tensor fits a texture of this device, four columns a texel, with its padding. */
export function fitsTexture(lowering: Lowering, operand: Operand): boolean {
  const { maxTextureRows } = lowering.traits;
  return rowsOf(operand.tensor) <= maxTextureRows && pitchOf(operand) / 4 + 64 <= maxTextureRows;
}
