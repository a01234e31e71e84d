// Gradient of an activation function.
//   d_x[i] = d_y[i] f'(x[i]),   f = gelu (KIND = 1) or ReLU (KIND = 2, f'(0) = 0)
// x (before the activation), d_y, d_x [SIZE] Vectors.
// Invocation i of the grid, rows of 64 * num_workgroups.x, computes element i.
// d_x is overwritten, or added to with ACCUMULATE = 1.
// Snippets: vector_4 or vector_1, gelu. Reference: activation_reference.ts
override SIZE: u32;
override KIND: u32;
override ACCUMULATE: u32 = 0u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read> d_y: array<Vector>;
@group(0) @binding(2) var<storage, read_write> d_x: array<Vector>;

@compute @workgroup_size(64)
fn activation_backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= SIZE) { return; }
  var gradient = d_y[i];
  if (KIND == 1u) {
    gradient *= gelu_derivative(x[i]);
  } else {
    gradient = select(gradient, Vector(), x[i] <= Vector());
  }
  if (ACCUMULATE == 1u) { gradient += d_x[i]; }
  d_x[i] = gradient;
}
