// Matrix product with few rows against a matrix stored by output, as the tied language-model head: y = x Wt.
//   C[m, n] = sum_k left[m, k] b[n, k]
// left through matmul_few_rows_norm.wgsl, b [N, K] in Vectors of four along k; C goes through matmul_epilogue.wgsl one
// float at a time. Each row of LANES invocations computes four neighbouring C[m, n], so that a Vector of left serves four
// weights; workgroup (x, m, y) computes 4 ROWS of them from n = (y * 32768 + x) * 4 * ROWS on. K is a multiple of 4.
// Sums in f32. Snippets: lanes, vector_1, gelu, matmul_epilogue, matmul_few_rows_norm. Reference: matmul_reference.ts
@group(0) @binding(1) var<storage, read> b: array<vec4f>;

@compute @workgroup_size(LANES, ROWS)
fn matmul_few_rows_nt(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y;
  let n = ((group.z * 32768u + group.x) * ROWS + local.y) * 4u;
  let vectors = shape.K / 4u;
  let row = min(vec4u(n) + vec4u(0u, 1u, 2u, 3u), vec4u(shape.N - 1u)) * vectors;
  let statistics = statistics_of(m, local.y * LANES + local.x);
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var k = local.x; k < vectors; k += LANES) {
    let left = left_at(m, k, statistics);
    sum0 += left * b[row.x + k];
    sum1 += left * b[row.y + k];
    sum2 += left * b[row.z + k];
    sum3 += left * b[row.w + k];
  }
  let product0 = lanes_sum((sum0.x + sum0.y) + (sum0.z + sum0.w), local);
  let product1 = lanes_sum((sum1.x + sum1.y) + (sum1.z + sum1.w), local);
  let product2 = lanes_sum((sum2.x + sum2.y) + (sum2.z + sum2.w), local);
  let product3 = lanes_sum((sum3.x + sum3.y) + (sum3.z + sum3.w), local);
  if (local.x != 0u) { return; }
  store(0u, m, n, product0);
  store(0u, m, n + 1u, product1);
  store(0u, m, n + 2u, product2);
  store(0u, m, n + 3u, product3);
}
