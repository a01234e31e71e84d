// A tensor of a program: a name for storage, never the storage itself. A backend decides where the numbers live.
// Flat arenas (all parameters, all gradients) are tensors too; a parameter is a view of one at a fixed offset.

/** Element type. f32 sums are the rule everywhere; u32 holds token ids, positions and counters. */
export type DType = "f32" | "u32";

/**
 * How long the contents must survive:
 * `activation` within one replay of one program, everything else until overwritten.
 */
export type Lifetime = "parameter" | "gradient" | "optimizer" | "persistent" | "input" | "activation";

export interface Tensor {
  readonly id: number;
  /** For labels and error messages, as in `h.0.attention.qkv.weight`. */
  readonly name: string;
  /** Row-major dimensions. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly lifetime: Lifetime;
  /** Whether the tape computes a gradient for it. */
  readonly requiresGradient: boolean;
  /** Rows of texels of four words that kernels only read: a backend may keep them in a texture instead of a buffer. */
  readonly isPacked: boolean;
  /** The tensor whose storage this is a window of; undefined for a tensor with storage of its own. */
  readonly base: Tensor | undefined;
  /** First element of the window within `base`, in elements. */
  readonly offset: number;
}

export interface TensorOptions {
  dtype?: DType;
  lifetime?: Lifetime;
  requiresGradient?: boolean;
  isPacked?: boolean;
}

let nextId = 1;

/**
 * Makes a tensor with storage of its own.
 *
 * @throws {RangeError} when a dimension is not a positive integer
 */
export function createTensor(name: string, shape: readonly number[], options: TensorOptions = {}): Tensor {
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(
        `Cannot make tensor ${name} of shape [${shape}]: every dimension must be a positive integer`,
      );
    }
  }
  return {
    id: nextId++,
    name,
    shape: [...shape],
    dtype: options.dtype ?? "f32",
    lifetime: options.lifetime ?? "activation",
    requiresGradient: options.requiresGradient ?? false,
    isPacked: options.isPacked ?? false,
    base: undefined,
    offset: 0,
  };
}

/**
 * Makes a tensor that is a contiguous window of another.
 *
 * @param offset first element within `base`
 * @throws {RangeError} when the window leaves `base`
 */
export function viewOf(base: Tensor, options: {
  offset: number;
  shape: readonly number[];
  name?: string;
  requiresGradient?: boolean;
}): Tensor {
  const { offset, shape } = options;
  const name = options.name ?? base.name;
  if (offset < 0 || offset + product(shape) > sizeOf(base)) {
    throw new RangeError(
      `Cannot view ${name} [${shape}] at element ${offset}: ${base.name} has ${sizeOf(base)} elements`,
    );
  }
  return {
    id: nextId++,
    name,
    shape: [...shape],
    dtype: base.dtype,
    lifetime: base.lifetime,
    requiresGradient: options.requiresGradient ?? base.requiresGradient,
    isPacked: false,
    base: base.base ?? base,
    offset: base.offset + offset,
  };
}

/** Rows of pieces are a multiple of this, so that pieces start where a binding may. */
const PIECE_ROWS = 64;

/**
 * A matrix as views of whole rows of it, none of which has more than `maxBytes`, because a binding may not.
 *
 * @returns the views in order with the number of their first row; one where all fits
 */
export function rowPieces(matrix: Tensor, maxBytes: number): { first: number; piece: Tensor }[] {
  const [rows, columns] = [rowsOf(matrix), columnsOf(matrix)];
  if (sizeOf(matrix) * 4 <= maxBytes) return [{ first: 0, piece: matrix }];
  const most = Math.max(1, Math.floor(maxBytes / (4 * columns) / PIECE_ROWS)) * PIECE_ROWS;
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) => {
    const first = i * most;
    const shape = [Math.min(most, rows - first), columns];
    return { first, piece: viewOf(matrix, { offset: first * columns, shape }) };
  });
}

/** Number of elements. */
export function sizeOf(tensor: Tensor): number {
  return product(tensor.shape);
}

/** The tensor that owns the storage. */
export function rootOf(tensor: Tensor): Tensor {
  return tensor.base ?? tensor;
}

/** Rows when the last dimension is a row: [B, T, C] has B*T. */
export function rowsOf(tensor: Tensor): number {
  return sizeOf(tensor) / columnsOf(tensor);
}

/** Length of the last dimension. */
export function columnsOf(tensor: Tensor): number {
  return tensor.shape[tensor.shape.length - 1];
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
