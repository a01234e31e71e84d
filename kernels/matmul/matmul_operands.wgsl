// Elements of the operands of a product, for the kernels that read them one float at a time.
//   A(m, k) = a[k, m] with A_TRANSPOSED, else a[m, k];   B(k, n) = b[n, k] with B_TRANSPOSED, else b[k, n]
// a, b: tensors with the geometry of matmul_spec.ts, in floats; batch entry z selects where in the tensor the matrix lies.
// 0 beyond the edges. Needs: matmul_epilogue, which declares `shape`.
override A_TRANSPOSED: u32 = 0u;
override B_TRANSPOSED: u32 = 0u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;

fn a_at(z: u32, m: u32, k: u32) -> f32 {
  if (m >= shape.M || k >= shape.K) { return 0.0; }
  let head = z % shape.heads;
  let row = (z / shape.heads) * shape.a_rows_per_batch + head * shape.a_rows_per_head + select(m, k, A_TRANSPOSED == 1u);
  return a[row * shape.a_pitch + shape.a_column + head * shape.a_columns_per_head + select(k, m, A_TRANSPOSED == 1u)];
}

fn b_at(z: u32, k: u32, n: u32) -> f32 {
  if (n >= shape.N || k >= shape.K) { return 0.0; }
  let head = z % shape.heads;
  let row = (z / shape.heads) * shape.b_rows_per_batch + head * shape.b_rows_per_head + select(k, n, B_TRANSPOSED == 1u);
  return b[row * shape.b_pitch + shape.b_column + head * shape.b_columns_per_head + select(n, k, B_TRANSPOSED == 1u)];
}
