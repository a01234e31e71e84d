// Product of many rows with a quantised matrix by tiles in workgroup memory, for GPUs.
//   C[m, n] = sum_k a[m, k] (q[k, n] scale[k / 32, n])
// a [M, K]; b: packed q and scale; C goes through matmul_epilogue.wgsl. Workgroup (x, y) computes the 64 x 64 tile of C at
// row 64 y, column 64 x, two strips; each of its 16 x 16 invocations four rows of one quad, from slices of A and B one
// group of 32 deep. The slice of B is unpacked once for 64 rows. Sums in f32, in order of k.
// Snippets: vector, gelu, matmul_epilogue, matmul_quad, packed_buffer, quantized, quantized_8 or _4, quantized_matmul_left.
// Reference: quantized_matmul_reference.ts
const DEPTH = 32u;
var<workgroup> a_tile: array<f32, 2048>; // [DEPTH, 64 rows]
var<workgroup> b_tile: array<vec4f, 512>; // [DEPTH, 16 quads]

// Each of the first 64 invocations unpacks eight k of one quad.
fn load_b(strip0: u32, g: u32, thread: u32) {
  let quad = thread % 16u;
  let eight = thread / 16u; // which eight of the 32 k
  let strip = min(strip0 + quad / 8u, (shape.N * VECTOR_WIDTH + 31u) / 32u - 1u);
  let block = quad % 8u + g / 2u * BLOCK_TEXELS;
  let words = packed_texel(strip, block + 2u * GROUP_TEXELS);
  let scale = scales(select(words.xy, words.zw, g % 2u == 1u));
  let q = eight_numbers(strip, block + g % 2u * GROUP_TEXELS + eight * (GROUP_TEXELS / 4u));
  let first = eight * 128u + quad;
  b_tile[first] = scale * q[0];
  b_tile[first + 16u] = scale * q[1];
  b_tile[first + 32u] = scale * q[2];
  b_tile[first + 48u] = scale * q[3];
  b_tile[first + 64u] = scale * q[4];
  b_tile[first + 80u] = scale * q[5];
  b_tile[first + 96u] = scale * q[6];
  b_tile[first + 112u] = scale * q[7];
}

fn load_a(m0: u32, k0: u32, thread: u32) {
  for (var i = thread; i < 512u; i += 256u) {
    let row = i / 8u;
    let k = i % 8u * 4u;
    let values = left(m0 + row, k0 + k);
    a_tile[k * 64u + row] = values.x;
    a_tile[(k + 1u) * 64u + row] = values.y;
    a_tile[(k + 2u) * 64u + row] = values.z;
    a_tile[(k + 3u) * 64u + row] = values.w;
  }
}

@compute @workgroup_size(16, 16)
fn quantized_matmul_tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m0 = group.y * 64u;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var k0 = 0u; k0 < shape.K; k0 += DEPTH) {
    load_a(m0, k0, thread);
    if (thread < 64u) { load_b(group.x * 2u, k0 / DEPTH, thread); }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let w = b_tile[k * 16u + local.x];
      let row = k * 64u + local.y * 4u;
      sum0 += a_tile[row] * w;
      sum1 += a_tile[row + 1u] * w;
      sum2 += a_tile[row + 2u] * w;
      sum3 += a_tile[row + 3u] * w;
    }
    workgroupBarrier();
  }
  let row = m0 + local.y * 4u;
  let quad = group.x * 16u + local.x;
  store_quad(0u, row, quad, sum0);
  store_quad(0u, row + 1u, quad, sum1);
  store_quad(0u, row + 2u, quad, sum2);
  store_quad(0u, row + 3u, quad, sum3);
}
