// Matrix product with few rows, as in decoding: y = x W, W row-major.
//   C[m, n] = sum_k a[m, k] b[k, n]
// a [M, K], b [K, N] in Vectors of four along the row; C goes through matmul_epilogue.wgsl.
// Workgroup (x, m) computes LANES Vectors of row m from Vector LANES * x on; invocation (lane, part) sums every PARTS-th
// group of four k, then the parts are added in order of part. K is a multiple of 4. Sums in f32.
// Snippets: vector_4, gelu, matmul_epilogue. Reference: matmul_reference.ts
override LANES: u32 = 8u;
const PARTS = 8u;
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
var<workgroup> parts: array<vec4f, 512>;

@compute @workgroup_size(LANES, PARTS)
fn matmul_few_rows_nn(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y;
  let n = group.x * LANES + local.x;
  let column = min(n, shape.N - 1u);
  var sum = vec4f();
  for (var k = local.y; k < shape.K / 4u; k += PARTS) {
    let left = a[m * (shape.K / 4u) + k];
    let first = k * 4u * shape.N + column;
    sum += left.x * b[first];
    sum += left.y * b[first + shape.N];
    sum += left.z * b[first + 2u * shape.N];
    sum += left.w * b[first + 3u * shape.N];
  }
  parts[local.y * LANES + local.x] = sum;
  workgroupBarrier();
  if (local.y != 0u || n >= shape.N) { return; }
  for (var part = 1u; part < PARTS; part++) { sum += parts[part * LANES + local.x]; }
  store(0u, m, n, sum);
}
