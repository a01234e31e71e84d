// Widens heads to whole Vectors with channels of zero, which change no product and no sum.
//   wide[r, d] = narrow[r, d] for d < D,   0 for D <= d < 4 vectors
// narrow [rows, D], wide [rows, vectors] Vectors; a row is one head of one position, of queries, keys, values or y.
// Invocation i of the grid, rows of 64 * num_workgroups.x, computes Vector i. wide is overwritten.
// Reference: attention_reference.ts, which knows no padding.
struct PadShape {
  rows: u32,
  D: u32, // channels of a head
  vectors: u32, // Vectors of a widened head
}
@group(0) @binding(0) var<uniform> shape: PadShape;
@group(0) @binding(1) var<storage, read> narrow: array<f32>;
@group(0) @binding(2) var<storage, read_write> wide: array<vec4f>;

@compute @workgroup_size(64)
fn attention_pad(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= shape.rows * shape.vectors) { return; }
  let start = i / shape.vectors * shape.D;
  let d = vec4u(i % shape.vectors * 4u) + vec4u(0u, 1u, 2u, 3u);
  let at = start + min(d, vec4u(shape.D - 1u));
  let values = vec4f(narrow[at.x], narrow[at.y], narrow[at.z], narrow[at.w]);
  wide[i] = select(vec4f(), values, d < vec4u(shape.D));
}
