// Numbers of 4 bits: a texel holds eight successive k of four columns. Needs: packed_texture or packed_buffer, quantized.
const BITS = 4u;

// Eight successive k of the four columns of a quad, from the texel at x.
fn eight_numbers(strip: u32, x: u32) -> array<vec4f, 8> {
  let texel = packed_texel(strip, x);
  return array<vec4f, 8>(
    numbers(texel, 0u), numbers(texel, 1u), numbers(texel, 2u), numbers(texel, 3u),
    numbers(texel, 4u), numbers(texel, 5u), numbers(texel, 6u), numbers(texel, 7u),
  );
}
