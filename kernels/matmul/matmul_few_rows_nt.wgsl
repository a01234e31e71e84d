// Matrix product with few rows against a matrix stored by output, as the tied language-model head: y = x Wt.
//   C[m, n] = sum_k a[m, k] b[n, k]
// a [M, K], b [N, K] in Vectors of four along k; C goes through matmul_epilogue.wgsl one float at a time.
// Each row of LANES invocations computes one C[m, n]; workgroup (x, m, y) computes ROWS of them from
// n = (y * 32768 + x) * ROWS on. K is a multiple of 4. Sums in f32.
// Snippets: lanes, vector_1, gelu, matmul_epilogue. Reference: matmul_reference.ts
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;

@compute @workgroup_size(LANES, ROWS)
fn matmul_few_rows_nt(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y;
  let n = (group.z * 32768u + group.x) * ROWS + local.y;
  let row = min(n, shape.N - 1u);
  var sum = vec4f();
  for (var k = local.x; k < shape.K / 4u; k += LANES) {
    sum += a[m * (shape.K / 4u) + k] * b[row * (shape.K / 4u) + k];
  }
  let product = lanes_sum((sum.x + sum.y) + (sum.z + sum.w), local);
  if (local.x == 0u) { store(0u, m, n, product); }
}
