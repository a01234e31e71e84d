// Applies an activation function to every element.
//   y[i] = gelu(x[i])          KIND = 1, the tanh form
//   y[i] = max(x[i], 0)        KIND = 2, ReLU; NaN stays NaN
// x, y [SIZE] Vectors.
// Invocation i of the grid, rows of 64 * num_workgroups.x, computes element i. y is overwritten.
// Snippets: vector_4 or vector_1, gelu. Reference: activation_reference.ts
override SIZE: u32;
override KIND: u32;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read_write> y: array<Vector>;

@compute @workgroup_size(64)
fn activation_forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= SIZE) { return; }
  if (KIND == 1u) {
    y[i] = gelu(x[i]);
  } else {
    let value = x[i];
    // max() would turn NaN into 0
    y[i] = select(value, Vector(), value <= Vector());
  }
}
