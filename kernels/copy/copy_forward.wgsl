// Copies a tensor.
//   y[i] = x[i]
// x, y [SIZE]. Invocation i of the grid, rows of 64 * num_workgroups.x, computes element i. y is overwritten.
// Reference: copy_reference.ts
override SIZE: u32;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn copy_forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= SIZE) { return; }
  y[i] = x[i];
}
