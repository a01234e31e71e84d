// Numbers of 8 bits: a texel holds four successive k of four columns. Needs: packed_texture or packed_buffer, quantized.
const BITS = 8u;

// Eight successive k of the four columns of a quad, from the texel at x and the one a line further.
fn eight_numbers(strip: u32, x: u32) -> array<vec4f, 8> {
  let first = packed_texel(strip, x);
  let second = packed_texel(strip, x + 8u);
  return array<vec4f, 8>(
    numbers(first, 0u), numbers(first, 1u), numbers(first, 2u), numbers(first, 3u),
    numbers(second, 0u), numbers(second, 1u), numbers(second, 2u), numbers(second, 3u),
  );
}
