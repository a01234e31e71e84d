// What kernels read of a packed matrix. Lines, blocks and strips are those of quantized_matrix.ts.
// Needs: quantized_8 or quantized_4.
const GROUP_TEXELS = BITS * 8u; // lines of a group of 32 k, times eight
const BLOCK_TEXELS = GROUP_TEXELS * 2u + 8u; // two groups and the line of their scales

// Number i of each word of a texel: two's complement, sign extended.
fn numbers(texel: vec4u, i: u32) -> vec4f {
  return vec4f(bitcast<vec4i>(texel << vec4u(32u - BITS - i * BITS)) >> vec4u(32u - BITS));
}

// Scales of the four columns of a quad from two words: each the upper half of an f32.
fn scales(words: vec2u) -> vec4f {
  return bitcast<vec4f>(vec4u(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}

// Weight of row k and column n.
fn packed_value(k: u32, n: u32) -> f32 {
  let strip = n / 32u;
  let block = n % 32u / 4u + k / 64u * BLOCK_TEXELS;
  let words = packed_texel(strip, block + 2u * GROUP_TEXELS);
  let scale = scales(select(words.xy, words.zw, k % 64u >= 32u));
  let line = k % 64u * BITS / 32u; // a word holds 32 / BITS of k
  return scale[n % 4u] * numbers(packed_texel(strip, block + line * 8u), k % (32u / BITS))[n % 4u];
}
