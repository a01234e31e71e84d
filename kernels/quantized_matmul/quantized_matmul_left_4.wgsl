// Four successive k of a row of the left operand, K being a multiple of four; 0 beyond its edges.
// Needs: matmul_epilogue, which declares `shape`.
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
fn left(m: u32, k: u32) -> vec4f {
  if (m >= shape.M || k >= shape.K) { return vec4f(); }
  return a[(m * shape.K + k) / 4u];
}
