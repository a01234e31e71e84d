// Product of many rows with a quantised matrix for CPU adapters, as in reading a prompt.
//   C[m, n] = sum_k a[m, k] (q[k, n] scale[k / 32, n])
// a [M, K]; b: packed q and scale; C goes through matmul_epilogue.wgsl. Workgroup (x, y) is one wave of 8 lanes and computes
// rows 16 y to 16 y + 15 of the strips 2 x and 2 x + 1, one quad of each a lane: a number is unpacked once for 16 rows.
// Each lane loads two rows of a; shuffles with literal lanes hand them round. Sums in f32, in order of k but for eight
// successive ones, which are added as a tree.
// Snippets: vector, gelu, matmul_epilogue, matmul_quad, packed, quantized, quantized_8 or _4, quantized_matmul_left.
// Reference: quantized_matmul_reference.ts

fn eight_weights(strip: u32, lane: u32, k: u32) -> array<vec4f, 8> {
  let block = lane + k / 64u * BLOCK_TEXELS;
  let words = packed_texel(strip, block + 2u * GROUP_TEXELS);
  let s = scales(select(words.xy, words.zw, k % 64u >= 32u));
  let q = eight_numbers(strip, block + k % 64u / 8u * (GROUP_TEXELS / 4u));
  return array<vec4f, 8>(s * q[0], s * q[1], s * q[2], s * q[3], s * q[4], s * q[5], s * q[6], s * q[7]);
}

fn terms(x: vec4f, y: vec4f, w: array<vec4f, 8>) -> vec4f {
  return ((x.x * w[0] + x.y * w[1]) + (x.z * w[2] + x.w * w[3])) +
    ((y.x * w[4] + y.y * w[5]) + (y.z * w[6] + y.w * w[7]));
}

@compute @workgroup_size(8)
fn quantized_matmul_rows_wave(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m0 = group.y * 16u;
  let lane = local.x;
  let strip0 = group.x * 2u;
  // The last workgroup may have one strip only: it computes it twice and stores it once.
  let strip1 = min(strip0 + 1u, (shape.N * VECTOR_WIDTH + 31u) / 32u - 1u);
  var sums = array<vec4f, 32>(); // row, strip
  for (var k = 0u; k < shape.K; k += 8u) {
    let w0 = eight_weights(strip0, lane, k);
    let w1 = eight_weights(strip1, lane, k);
    let upper_x = left(m0 + lane, k);
    let upper_y = left(m0 + lane, k + 4u);
    let lower_x = left(m0 + 8u + lane, k);
    let lower_y = left(m0 + 8u + lane, k + 4u);
    let x0 = subgroupShuffle(upper_x, 0u);
    let y0 = subgroupShuffle(upper_y, 0u);
    sums[0] += terms(x0, y0, w0);
    sums[1] += terms(x0, y0, w1);
    let x1 = subgroupShuffle(upper_x, 1u);
    let y1 = subgroupShuffle(upper_y, 1u);
    sums[2] += terms(x1, y1, w0);
    sums[3] += terms(x1, y1, w1);
    let x2 = subgroupShuffle(upper_x, 2u);
    let y2 = subgroupShuffle(upper_y, 2u);
    sums[4] += terms(x2, y2, w0);
    sums[5] += terms(x2, y2, w1);
    let x3 = subgroupShuffle(upper_x, 3u);
    let y3 = subgroupShuffle(upper_y, 3u);
    sums[6] += terms(x3, y3, w0);
    sums[7] += terms(x3, y3, w1);
    let x4 = subgroupShuffle(upper_x, 4u);
    let y4 = subgroupShuffle(upper_y, 4u);
    sums[8] += terms(x4, y4, w0);
    sums[9] += terms(x4, y4, w1);
    let x5 = subgroupShuffle(upper_x, 5u);
    let y5 = subgroupShuffle(upper_y, 5u);
    sums[10] += terms(x5, y5, w0);
    sums[11] += terms(x5, y5, w1);
    let x6 = subgroupShuffle(upper_x, 6u);
    let y6 = subgroupShuffle(upper_y, 6u);
    sums[12] += terms(x6, y6, w0);
    sums[13] += terms(x6, y6, w1);
    let x7 = subgroupShuffle(upper_x, 7u);
    let y7 = subgroupShuffle(upper_y, 7u);
    sums[14] += terms(x7, y7, w0);
    sums[15] += terms(x7, y7, w1);
    let x8 = subgroupShuffle(lower_x, 0u);
    let y8 = subgroupShuffle(lower_y, 0u);
    sums[16] += terms(x8, y8, w0);
    sums[17] += terms(x8, y8, w1);
    let x9 = subgroupShuffle(lower_x, 1u);
    let y9 = subgroupShuffle(lower_y, 1u);
    sums[18] += terms(x9, y9, w0);
    sums[19] += terms(x9, y9, w1);
    let x10 = subgroupShuffle(lower_x, 2u);
    let y10 = subgroupShuffle(lower_y, 2u);
    sums[20] += terms(x10, y10, w0);
    sums[21] += terms(x10, y10, w1);
    let x11 = subgroupShuffle(lower_x, 3u);
    let y11 = subgroupShuffle(lower_y, 3u);
    sums[22] += terms(x11, y11, w0);
    sums[23] += terms(x11, y11, w1);
    let x12 = subgroupShuffle(lower_x, 4u);
    let y12 = subgroupShuffle(lower_y, 4u);
    sums[24] += terms(x12, y12, w0);
    sums[25] += terms(x12, y12, w1);
    let x13 = subgroupShuffle(lower_x, 5u);
    let y13 = subgroupShuffle(lower_y, 5u);
    sums[26] += terms(x13, y13, w0);
    sums[27] += terms(x13, y13, w1);
    let x14 = subgroupShuffle(lower_x, 6u);
    let y14 = subgroupShuffle(lower_y, 6u);
    sums[28] += terms(x14, y14, w0);
    sums[29] += terms(x14, y14, w1);
    let x15 = subgroupShuffle(lower_x, 7u);
    let y15 = subgroupShuffle(lower_y, 7u);
    sums[30] += terms(x15, y15, w0);
    sums[31] += terms(x15, y15, w1);
  }
  // A row a turn, the next one moved up: the code of one store, and sums that stay in registers.
  for (var row = 0u; row < 16u; row++) {
    store_quad(0u, m0 + row, strip0 * 8u + lane, sums[0]);
    if (strip1 != strip0) { store_quad(0u, m0 + row, strip1 * 8u + lane, sums[1]); }
    sums = array<vec4f, 32>(
      sums[2], sums[3], sums[4], sums[5], sums[6], sums[7],
      sums[8], sums[9], sums[10], sums[11], sums[12], sums[13],
      sums[14], sums[15], sums[16], sums[17], sums[18], sums[19],
      sums[20], sums[21], sums[22], sums[23], sums[24], sums[25],
      sums[26], sums[27], sums[28], sums[29], sums[30], sums[31],
      vec4f(), vec4f(),
    );
  }
}
