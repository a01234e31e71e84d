// Matrices for products, and a check of their result that costs little: a few elements, summed in f64.

/** Size of a product: [M, K] times [K, N]. */
export interface ProductSize {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Uniform in [-0.5, 0.5), the same for the same seed. */
export function benchMatrix(rows: number, columns: number, seed: number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(rows * columns);
  let x = seed;
  for (let i = 0; i < data.length; i++) {
    // Lehmer's generator with the multiplier of Park and Miller
    x = x * 48271 % 2147483647;
    data[i] = x / 2147483647 - 0.5;
  }
  return data;
}

/** Largest error of the product's corners and of an element in the middle. */
export function productError(
  size: ProductSize,
  matrices: { a: Float32Array; b: Float32Array; c: ArrayLike<number> },
): number {
  const { M, N, K } = size;
  const { a, b, c } = matrices;
  const places = [[0, 0], [0, N - 1], [M >> 1, N >> 1], [M - 1, 0], [M - 1, N - 1]];
  return Math.max(...places.map(([i, j]) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += a[i * K + k] * b[k * N + j];
    return Math.abs(sum - c[i * N + j]);
  }));
}
