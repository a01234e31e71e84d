// Matrix product in register tiles of 8 rows by 32 columns a wave.
//   C[m, n] = sum_k A[m, k] B[k, n]
// Written by matmul_wave.ts, which says why. Rows and columns of a and b are in Vectors of four along the row.
override WAVES: u32; // waves of a workgroup, below each other
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
fn load_a(row: u32, column: u32) -> vec4f { return a[row * shape.a_pitch + column]; }
@group(0) @binding(1) var b: texture_storage_2d<rgba32float, read>;
fn load_b(row: u32, column: u32) -> vec4f { return textureLoad(b, vec2u(column, row)); }

@compute @workgroup_size(8, WAVES)
fn matmul_wave(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let m0 = (group.y * WAVES + local.y) * 8u;
  let n0 = group.x * 8u + lane; // in Vectors
  let head = group.z % shape.heads;
  let a_row = (group.z / shape.heads) * shape.a_rows_per_batch + head * shape.a_rows_per_head;
  let a_column = shape.a_column + head * shape.a_columns_per_head;
  let b_row = (group.z / shape.heads) * shape.b_rows_per_batch + head * shape.b_rows_per_head;
  let b_column = shape.b_column + head * shape.b_columns_per_head;
  if (m0 >= shape.M) { return; }
  let k_first = 0u;
  let k_end = shape.K;
  let a_row0 = a_row + min(m0 + 0u + lane, shape.M - 1u);
  let bias0 = bias_of_quad(n0 + 0u);
  var sum0_0 = bias0;
  var sum1_0 = bias0;
  var sum2_0 = bias0;
  var sum3_0 = bias0;
  var sum4_0 = bias0;
  var sum5_0 = bias0;
  var sum6_0 = bias0;
  var sum7_0 = bias0;

  for (var k = k_first; k < k_end; k += 4u) {
    let a0 = load_a(a_row0, a_column + k / 4u);
    let b0_0 = load_b(b_row + k + 0u, b_column + n0 + 0u);
    let b1_0 = load_b(b_row + k + 1u, b_column + n0 + 0u);
    let b2_0 = load_b(b_row + k + 2u, b_column + n0 + 0u);
    let b3_0 = load_b(b_row + k + 3u, b_column + n0 + 0u);
    let a0at0 = subgroupShuffle(a0.x, 0u);
    let a0at1 = subgroupShuffle(a0.y, 0u);
    let a0at2 = subgroupShuffle(a0.z, 0u);
    let a0at3 = subgroupShuffle(a0.w, 0u);
    sum0_0 += a0at0 * b0_0;
    sum0_0 += a0at1 * b1_0;
    sum0_0 += a0at2 * b2_0;
    sum0_0 += a0at3 * b3_0;
    let a1at0 = subgroupShuffle(a0.x, 1u);
    let a1at1 = subgroupShuffle(a0.y, 1u);
    let a1at2 = subgroupShuffle(a0.z, 1u);
    let a1at3 = subgroupShuffle(a0.w, 1u);
    sum1_0 += a1at0 * b0_0;
    sum1_0 += a1at1 * b1_0;
    sum1_0 += a1at2 * b2_0;
    sum1_0 += a1at3 * b3_0;
    let a2at0 = subgroupShuffle(a0.x, 2u);
    let a2at1 = subgroupShuffle(a0.y, 2u);
    let a2at2 = subgroupShuffle(a0.z, 2u);
    let a2at3 = subgroupShuffle(a0.w, 2u);
    sum2_0 += a2at0 * b0_0;
    sum2_0 += a2at1 * b1_0;
    sum2_0 += a2at2 * b2_0;
    sum2_0 += a2at3 * b3_0;
    let a3at0 = subgroupShuffle(a0.x, 3u);
    let a3at1 = subgroupShuffle(a0.y, 3u);
    let a3at2 = subgroupShuffle(a0.z, 3u);
    let a3at3 = subgroupShuffle(a0.w, 3u);
    sum3_0 += a3at0 * b0_0;
    sum3_0 += a3at1 * b1_0;
    sum3_0 += a3at2 * b2_0;
    sum3_0 += a3at3 * b3_0;
    let a4at0 = subgroupShuffle(a0.x, 4u);
    let a4at1 = subgroupShuffle(a0.y, 4u);
    let a4at2 = subgroupShuffle(a0.z, 4u);
    let a4at3 = subgroupShuffle(a0.w, 4u);
    sum4_0 += a4at0 * b0_0;
    sum4_0 += a4at1 * b1_0;
    sum4_0 += a4at2 * b2_0;
    sum4_0 += a4at3 * b3_0;
    let a5at0 = subgroupShuffle(a0.x, 5u);
    let a5at1 = subgroupShuffle(a0.y, 5u);
    let a5at2 = subgroupShuffle(a0.z, 5u);
    let a5at3 = subgroupShuffle(a0.w, 5u);
    sum5_0 += a5at0 * b0_0;
    sum5_0 += a5at1 * b1_0;
    sum5_0 += a5at2 * b2_0;
    sum5_0 += a5at3 * b3_0;
    let a6at0 = subgroupShuffle(a0.x, 6u);
    let a6at1 = subgroupShuffle(a0.y, 6u);
    let a6at2 = subgroupShuffle(a0.z, 6u);
    let a6at3 = subgroupShuffle(a0.w, 6u);
    sum6_0 += a6at0 * b0_0;
    sum6_0 += a6at1 * b1_0;
    sum6_0 += a6at2 * b2_0;
    sum6_0 += a6at3 * b3_0;
    let a7at0 = subgroupShuffle(a0.x, 7u);
    let a7at1 = subgroupShuffle(a0.y, 7u);
    let a7at2 = subgroupShuffle(a0.z, 7u);
    let a7at3 = subgroupShuffle(a0.w, 7u);
    sum7_0 += a7at0 * b0_0;
    sum7_0 += a7at1 * b1_0;
    sum7_0 += a7at2 * b2_0;
    sum7_0 += a7at3 * b3_0;
  }
  let end = min(m0 + 8u, shape.M);
  for (var m = m0; m < end; m++) {
    store_quad(group.z, m, n0 + 0u, sum0_0);
    sum0_0 = sum1_0;
    sum1_0 = sum2_0;
    sum2_0 = sum3_0;
    sum3_0 = sum4_0;
    sum4_0 = sum5_0;
    sum5_0 = sum6_0;
    sum6_0 = sum7_0;
  }
}
