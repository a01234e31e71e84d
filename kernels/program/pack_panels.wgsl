// Lays a matrix out in panels of 64 output columns, zero beyond its edges.
//   packed[t 16 + v, p rows_per_panel + r].e = W[k, n],   k = r depth + t,   n = 64 p + 4 v + e
//   W[k, n] = source[k - first, n], or source[n - first, k] with TRANSPOSED = 1
// source [rows first to end of the stored matrix, its columns]; packed width x height rgba32float. Invocation (x, y) writes
// texel x of row y if a row of the piece belongs there; texels of other pieces stay. Everything of a piece is overwritten.
// Run by the reference as nothing: panels are a copy, not a value.
struct PanelsShape {
  K: u32,
  N: u32,
  depth: u32,
  rows_per_panel: u32,
  width: u32,
  height: u32,
  first: u32,
  end: u32,
}
override TRANSPOSED: u32;
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;
@group(0) @binding(2) var<uniform> shape: PanelsShape;

fn weight(k: u32, n: u32) -> f32 {
  if (k >= shape.K || n >= shape.N) { return 0.0; }
  if (TRANSPOSED == 1u) {
    if (n >= shape.end) { return 0.0; }
    return source[(n - shape.first) * shape.K + k];
  }
  if (k >= shape.end) { return 0.0; }
  return source[(k - shape.first) * shape.N + n];
}

@compute @workgroup_size(64)
fn pack_panels(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.width || id.y >= shape.height) { return; }
  let k = (id.y % shape.rows_per_panel) * shape.depth + id.x / 16u;
  let n = (id.y / shape.rows_per_panel) * 64u + (id.x % 16u) * 4u;
  // Padding is written with the last piece that comes before it.
  let row = select(min(k, shape.K - 1u), min(n, shape.N - 1u), TRANSPOSED == 1u);
  if (row < shape.first || row >= shape.end) { return; }
  textureStore(packed, vec2u(id.x, id.y), vec4f(weight(k, n), weight(k, n + 1u), weight(k, n + 2u), weight(k, n + 3u)));
}
