// Product of one row with a quantised matrix for CPU adapters, as in decoding.
//   C[m, n] = sum_g scale[g, n] sum_{k of group g} a[m, k] q[k, n]
// a [M, K]; b: packed q and scale; C goes through matmul_epilogue.wgsl. Workgroup (x, m) is one wave of 8 lanes and computes
// the strips 2 x and 2 x + 1 of row m, one quad of each a lane. Each lane loads a different Vector of a; shuffles with
// literal lanes hand the 32 values of a group round. Sums in f32, in order of k within a group, then of groups.
// Snippets: vector, gelu, matmul_epilogue, matmul_quad, packed, quantized, quantized_8 or _4, quantized_matmul_left.
// Reference: quantized_matmul_reference.ts

fn eight_terms(q: array<vec4f, 8>, a0: vec4f, a1: vec4f) -> vec4f {
  return ((a0.x * q[0] + a0.y * q[1]) + (a0.z * q[2] + a0.w * q[3])) +
    ((a1.x * q[4] + a1.y * q[5]) + (a1.z * q[6] + a1.w * q[7]));
}

fn group_sum(strip: u32, x: u32, a: array<vec4f, 8>) -> vec4f {
  let step = GROUP_TEXELS / 4u;
  return (eight_terms(eight_numbers(strip, x), a[0], a[1]) +
    eight_terms(eight_numbers(strip, x + step), a[2], a[3])) +
    (eight_terms(eight_numbers(strip, x + 2u * step), a[4], a[5]) +
      eight_terms(eight_numbers(strip, x + 3u * step), a[6], a[7]));
}

fn shared_left(m: u32, k: u32, lane: u32) -> array<vec4f, 8> {
  let own = left(m, k + 4u * lane);
  return array<vec4f, 8>(
    subgroupShuffle(own, 0u), subgroupShuffle(own, 1u), subgroupShuffle(own, 2u), subgroupShuffle(own, 3u),
    subgroupShuffle(own, 4u), subgroupShuffle(own, 5u), subgroupShuffle(own, 6u), subgroupShuffle(own, 7u),
  );
}

@compute @workgroup_size(8)
fn quantized_matmul_row_wave(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y;
  let lane = local.x;
  let strip0 = group.x * 2u;
  // The last workgroup may have one strip only: it computes it twice and stores it once.
  let strip1 = min(strip0 + 1u, (shape.N * VECTOR_WIDTH + 31u) / 32u - 1u);
  var sum0 = vec4f();
  var sum1 = vec4f();
  var x = lane;
  for (var k = 0u; k < shape.K; k += 64u) {
    let scales0 = packed_texel(strip0, x + 2u * GROUP_TEXELS);
    let scales1 = packed_texel(strip1, x + 2u * GROUP_TEXELS);
    let first = shared_left(m, k, lane);
    sum0 += scales(scales0.xy) * group_sum(strip0, x, first);
    sum1 += scales(scales1.xy) * group_sum(strip1, x, first);
    let second = shared_left(m, k + 32u, lane);
    sum0 += scales(scales0.zw) * group_sum(strip0, x + GROUP_TEXELS, second);
    sum1 += scales(scales1.zw) * group_sum(strip1, x + GROUP_TEXELS, second);
    x += BLOCK_TEXELS;
  }
  store_quad(0u, m, strip0 * 8u + lane, sum0);
  if (strip1 != strip0) { store_quad(0u, m, strip1 * 8u + lane, sum1); }
}
