// Adds two tensors of one shape.
//   y[i] = x[i] + z[i]          ACCUMULATE = 0
//   y[i] = y[i] + x[i]          ACCUMULATE = 1 (z is not read)
// x, z, y [SIZE] Vectors. Invocation i of the grid, rows of 64 * num_workgroups.x, computes element i.
// y is overwritten, or added to with ACCUMULATE.
// Snippets: vector_4 or vector_1. Reference: add_reference.ts
override SIZE: u32;
override ACCUMULATE: u32 = 0u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read> z: array<Vector>;
@group(0) @binding(2) var<storage, read_write> y: array<Vector>;

@compute @workgroup_size(64)
fn add_forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= SIZE) { return; }
  if (ACCUMULATE == 1u) {
    y[i] += x[i];
  } else {
    y[i] = x[i] + z[i];
  }
}
