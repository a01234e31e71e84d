// Four successive k of a row of the left operand for any K; 0 beyond its edges.
// Needs: matmul_epilogue, which declares `shape`.
@group(0) @binding(0) var<storage, read> a: array<f32>;
fn left_at(m: u32, k: u32) -> f32 {
  if (m >= shape.M || k >= shape.K) { return 0.0; }
  return a[m * shape.K + k];
}
fn left(m: u32, k: u32) -> vec4f {
  return vec4f(left_at(m, k), left_at(m, k + 1u), left_at(m, k + 2u), left_at(m, k + 3u));
}
