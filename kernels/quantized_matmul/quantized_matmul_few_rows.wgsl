// Product of few rows with a quantised matrix for GPUs, and of any number of rows where nothing else fits.
//   C[m, n] = sum_k a[m, k] (q[k, n] scale[k / 32, n])
// a [M, K]; b: packed q and scale; C goes through matmul_epilogue.wgsl. Workgroup (x, y) of (8, PARTS) invocations computes
// rows ROWS y to ROWS y + ROWS - 1 of strip x. Invocation (lane, part) sums every PARTS-th group of 32 k for one quad of
// columns, reading 16 bytes beside those of its neighbours; the parts are added in order of part. Sums in f32.
// ROWS is a const line set before the file. PARTS * ROWS <= 64.
// Snippets: vector, gelu, matmul_epilogue, matmul_quad, packed, quantized, quantized_8 or _4, quantized_matmul_left.
// Reference: quantized_matmul_reference.ts
override PARTS: u32 = 8u;
var<workgroup> parts: array<vec4f, 512>; // [PARTS, ROWS, 8]

@compute @workgroup_size(8, PARTS)
fn quantized_matmul_few_rows(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let strip = group.x;
  let m0 = group.y * ROWS;
  var sums = array<vec4f, ROWS>();
  for (var g = local.y; g < (shape.K + 31u) / 32u; g += PARTS) {
    let block = local.x + g / 2u * BLOCK_TEXELS;
    let words = packed_texel(strip, block + 2u * GROUP_TEXELS);
    let scale = scales(select(words.xy, words.zw, g % 2u == 1u));
    for (var i = 0u; i < 4u; i++) {
      let q = eight_numbers(strip, block + g % 2u * GROUP_TEXELS + i * (GROUP_TEXELS / 4u));
      for (var row = 0u; row < ROWS; row++) {
        let a0 = left(m0 + row, g * 32u + i * 8u);
        let a1 = left(m0 + row, g * 32u + i * 8u + 4u);
        let terms = ((a0.x * q[0] + a0.y * q[1]) + (a0.z * q[2] + a0.w * q[3])) +
          ((a1.x * q[4] + a1.y * q[5]) + (a1.z * q[6] + a1.w * q[7]));
        sums[row] += scale * terms;
      }
    }
  }
  for (var row = 0u; row < ROWS; row++) { parts[(local.y * ROWS + row) * 8u + local.x] = sums[row]; }
  workgroupBarrier();
  for (var row = local.y; row < ROWS; row += PARTS) {
    var sum = parts[row * 8u + local.x];
    for (var part = 1u; part < PARTS; part++) { sum += parts[(part * ROWS + row) * 8u + local.x]; }
    store_quad(0u, m0 + row, strip * 8u + local.x, sum);
  }
}
