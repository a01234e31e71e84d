// Second pass of a split sum: adds the parts of a product in order and sends it through the epilogue.
//   C[m, n] = sum over p of parts[p, m, n],   p from 0 to ceil(K / k_part) - 1, in this order
// parts [ceil(K / k_part), M, N], written by a tile kernel; C goes through matmul_epilogue.wgsl; all in vectors of four.
// Invocation (x, y) computes vector x of row y. Sums in f32.
// Snippets: vector_4, gelu, matmul_epilogue. Reference: matmul_reference.ts
@group(0) @binding(0) var<storage, read> parts: array<vec4f>;

@compute @workgroup_size(64)
fn matmul_split_sum(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.N || id.y >= shape.M) { return; }
  let size = shape.M * shape.N;
  let count = (shape.K + shape.k_part - 1u) / shape.k_part;
  let first = id.y * shape.N + id.x;
  var sum = vec4f();
  for (var p = 0u; p < count; p++) { sum += parts[first + p * size]; }
  store(0u, id.y, id.x, sum);
}
