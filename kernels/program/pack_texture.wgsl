// Copies a matrix into a texture, four columns a texel, zero beyond its edges.
//   packed[row, texel].e = source[row, 4 texel + e]   (0 where row >= ROWS or the column does not exist)
// source [ROWS, COLUMNS] as Vectors; packed TEXELS x HEIGHT rgba32float.
// Invocation (x, y) of an 8 x 8 workgroup writes texel x of row y. Everything is overwritten.
// Snippets: vector_4 or vector_1. Run by the reference as nothing: a texture is a copy, not a value.
override ROWS: u32;
override COLUMNS: u32; // in Vectors
override TEXELS: u32;
override HEIGHT: u32;
@group(0) @binding(0) var<storage, read> source: array<Vector>;
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

fn load(row: u32, column: u32) -> Vector {
  if (row < ROWS && column < COLUMNS) { return source[row * COLUMNS + column]; }
  return Vector();
}

fn texel_at(row: u32, x: u32) -> vec4f {
  if (VECTOR_WIDTH == 4u) { return vec4f(load(row, x)); }
  let first = x * 4u;
  return vec4f(total(load(row, first)), total(load(row, first + 1u)), total(load(row, first + 2u)), total(load(row, first + 3u)));
}

@compute @workgroup_size(8, 8)
fn pack_texture(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= TEXELS || id.y >= HEIGHT) { return; }
  textureStore(packed, vec2u(id.x, id.y), texel_at(id.y, id.x));
}
