// Copies Vectors from one buffer to another: the most memory traffic a kernel of this adapter can get done.
//   y[i] = x[i]
// x, y [4 size] as Vectors. Invocation n of the grid, rows of 64 * num_workgroups.x, copies VECTORS Vectors
// from VECTORS n on: one is best where neighbours read together, four where an invocation is a loop over
// lanes.
// y is overwritten. Reference: ceiling_reference.ts
override VECTORS: u32;
struct CeilingShape {
  size: u32,
}
@group(0) @binding(0) var<uniform> shape: CeilingShape;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn ceiling_copy(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = (id.y * groups.x * 64u + id.x) * VECTORS;
  for (var i = first; i < min(first + VECTORS, shape.size); i++) {
    y[i] = x[i];
  }
}
