// Product of many rows with a quantised matrix for CPU adapters, as in reading a prompt.
//   C[m, n] = sum_k a[m, k] (q[k, n] scale[k / 32, n])
// a [M, K]; b: packed q and scale; C goes through matmul_epilogue.wgsl. Workgroup (x, y) is one wave of 8 lanes and computes
// rows 16 y to 16 y + 15 of strip x, one quad a lane, every sum in a register: a number is unpacked once for 16 rows.
// Each lane loads two rows of a; shuffles with literal lanes hand them round. Sums in f32, in order of k.
// Snippets: vector, gelu, matmul_epilogue, packed, quantized, quantized_8 or _4, quantized_matmul_left, _store.
// Reference: quantized_matmul_reference.ts

fn four_terms(a: vec4f, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f) -> vec4f {
  return (a.x * w0 + a.y * w1) + (a.z * w2 + a.w * w3);
}

@compute @workgroup_size(8)
fn quantized_matmul_rows_wave(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let strip = group.x;
  let m0 = group.y * 16u;
  let lane = local.x;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();
  var sum8 = vec4f();
  var sum9 = vec4f();
  var sum10 = vec4f();
  var sum11 = vec4f();
  var sum12 = vec4f();
  var sum13 = vec4f();
  var sum14 = vec4f();
  var sum15 = vec4f();
  for (var k = 0u; k < shape.K; k += 8u) {
    let block = lane + k / 64u * BLOCK_TEXELS;
    let words = packed_texel(strip, block + 2u * GROUP_TEXELS);
    let scale = scales(select(words.xy, words.zw, k % 64u >= 32u));
    let q = eight_numbers(strip, block + k % 64u / 8u * (GROUP_TEXELS / 4u));
    for (var half = 0u; half < 2u; half++) {
      let w0 = scale * select(q[0], q[4], half == 1u);
      let w1 = scale * select(q[1], q[5], half == 1u);
      let w2 = scale * select(q[2], q[6], half == 1u);
      let w3 = scale * select(q[3], q[7], half == 1u);
      let upper = left(m0 + lane, k + 4u * half);
      let lower = left(m0 + 8u + lane, k + 4u * half);
      sum0 += four_terms(subgroupShuffle(upper, 0u), w0, w1, w2, w3);
      sum1 += four_terms(subgroupShuffle(upper, 1u), w0, w1, w2, w3);
      sum2 += four_terms(subgroupShuffle(upper, 2u), w0, w1, w2, w3);
      sum3 += four_terms(subgroupShuffle(upper, 3u), w0, w1, w2, w3);
      sum4 += four_terms(subgroupShuffle(upper, 4u), w0, w1, w2, w3);
      sum5 += four_terms(subgroupShuffle(upper, 5u), w0, w1, w2, w3);
      sum6 += four_terms(subgroupShuffle(upper, 6u), w0, w1, w2, w3);
      sum7 += four_terms(subgroupShuffle(upper, 7u), w0, w1, w2, w3);
      sum8 += four_terms(subgroupShuffle(lower, 0u), w0, w1, w2, w3);
      sum9 += four_terms(subgroupShuffle(lower, 1u), w0, w1, w2, w3);
      sum10 += four_terms(subgroupShuffle(lower, 2u), w0, w1, w2, w3);
      sum11 += four_terms(subgroupShuffle(lower, 3u), w0, w1, w2, w3);
      sum12 += four_terms(subgroupShuffle(lower, 4u), w0, w1, w2, w3);
      sum13 += four_terms(subgroupShuffle(lower, 5u), w0, w1, w2, w3);
      sum14 += four_terms(subgroupShuffle(lower, 6u), w0, w1, w2, w3);
      sum15 += four_terms(subgroupShuffle(lower, 7u), w0, w1, w2, w3);
    }
  }
  let quad = strip * 8u + lane;
  store_quad(m0, quad, sum0);
  store_quad(m0 + 1u, quad, sum1);
  store_quad(m0 + 2u, quad, sum2);
  store_quad(m0 + 3u, quad, sum3);
  store_quad(m0 + 4u, quad, sum4);
  store_quad(m0 + 5u, quad, sum5);
  store_quad(m0 + 6u, quad, sum6);
  store_quad(m0 + 7u, quad, sum7);
  store_quad(m0 + 8u, quad, sum8);
  store_quad(m0 + 9u, quad, sum9);
  store_quad(m0 + 10u, quad, sum10);
  store_quad(m0 + 11u, quad, sum11);
  store_quad(m0 + 12u, quad, sum12);
  store_quad(m0 + 13u, quad, sum13);
  store_quad(m0 + 14u, quad, sum14);
  store_quad(m0 + 15u, quad, sum15);
}
