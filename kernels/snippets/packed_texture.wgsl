// Texels of a packed matrix from a texture, for CPU adapters. Needs: nothing. Layout: quantized_matrix.ts.
@group(0) @binding(1) var b: texture_storage_2d<rgba32uint, read>;
fn packed_texel(strip: u32, x: u32) -> vec4u { return textureLoad(b, vec2u(x, strip)); }
