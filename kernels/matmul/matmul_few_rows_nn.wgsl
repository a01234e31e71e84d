// Matrix product with few rows, as in decoding: y = x W, W row-major.
//   C[m, n] = sum_k left[m, k] b[k, n]
// left through matmul_few_rows_norm.wgsl, b [K, N] in Vectors of four along the row; C goes through matmul_epilogue.wgsl.
// Workgroup (x, m) computes 8 Vectors of row m from Vector 8 x on, one cache line wide; invocation (lane, part) sums every
// PARTS-th group of four k, then the parts are added in a tree. K is a multiple of 4. Sums in f32.
// Snippets: vector_4, gelu, matmul_epilogue, matmul_few_rows_norm. Reference: matmul_reference.ts
const LANES = 8u;
const PARTS = INVOCATIONS / LANES;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
var<workgroup> parts: array<vec4f, INVOCATIONS>;

@compute @workgroup_size(LANES, PARTS)
fn matmul_few_rows_nn(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y;
  let own = local.y * LANES + local.x;
  let n = group.x * LANES + local.x;
  let column = min(n, shape.N - 1u);
  let statistics = statistics_of(m, own);
  var sum = vec4f();
  for (var k = local.y; k < shape.K / 4u; k += PARTS) {
    let left = left_at(m, k, statistics);
    let first = k * 4u * shape.N + column;
    sum += left.x * b[first];
    sum += left.y * b[first + shape.N];
    sum += left.z * b[first + 2u * shape.N];
    sum += left.w * b[first + 3u * shape.N];
  }
  parts[own] = sum;
  workgroupBarrier();
  for (var half = PARTS / 2u; half > 0u; half /= 2u) {
    if (local.y < half) { parts[own] += parts[own + half * LANES]; }
    workgroupBarrier();
  }
  if (local.y == 0u && n < shape.N) { store(0u, m, n, parts[own]); }
}
