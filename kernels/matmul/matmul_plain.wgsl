// Matrix product without workgroup memory, for any shape: slow, and compiled at once by compilers that take minutes for a
// tile kernel, such as that of the OpenGL software adapter.
//   C[m, n] = sum_k A(m, k) B(k, n)
// a, b through matmul_operands.wgsl, C through matmul_epilogue.wgsl. Invocation (x, y) of an 8 x 8 workgroup computes rows
// 4 y to 4 y + 3 of column x of batch entry z. Sums in f32, in order of k, over shape.k_start <= k < shape.k_stop.
// CAUSALITY 1 (skip) leaves what lies above the diagonal as it is; 2 (upto) ends the sum at the last row; 3 (from) starts
// it at the first.
// Snippets: vector_1, gelu, matmul_epilogue, matmul_operands. Reference: matmul_reference.ts
override CAUSALITY: u32 = 0u;

@compute @workgroup_size(8, 8)
fn matmul_plain(@builtin(global_invocation_id) id: vec3u) {
  let z = id.z;
  let n = id.x;
  let m = id.y * 4u;
  if (m >= shape.M || n >= shape.N) { return; }
  if (CAUSALITY == 1u && n > m + 3u) { return; }
  let first = select(shape.k_start, max(shape.k_start, m), CAUSALITY == 3u);
  let end = select(shape.k_stop, min(shape.k_stop, m + 4u), CAUSALITY == 2u);
  var sum = vec4f();
  for (var k = first; k < end; k++) {
    sum += vec4f(a_at(z, m, k), a_at(z, m + 1u, k), a_at(z, m + 2u, k), a_at(z, m + 3u, k)) * b_at(z, k, n);
  }
  store(z, m, n, sum.x);
  store(z, m + 1u, n, sum.y);
  store(z, m + 2u, n, sum.z);
  store(z, m + 3u, n, sum.w);
}
