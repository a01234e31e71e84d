// Texels of a packed matrix from a buffer. Needs: a uniform `shape` with b_pitch, texels of a strip.
// Layout: quantized_matrix.ts.
@group(0) @binding(1) var<storage, read> b: array<vec4u>;
fn packed_texel(strip: u32, x: u32) -> vec4u { return b[strip * shape.b_pitch + x]; }
