// Row sums that the gradient of a softmax needs, before anything else of the backward pass.
//   delta[z, n] = sum_d d_y[n, d] y[n, d]   over the channels of one head
// y, d_y [B T, H D] Vectors; delta [B H, T]. Workgroup (x, 1, z) computes rows ROWS x to ROWS x + ROWS - 1 of
// head z % H of sequence z / H, LANES invocations a row. Sums in f32. delta is overwritten.
// Snippets: lanes_subgroup or lanes_workgroup, vector_4 or vector_1. Reference: attention_reference.ts
struct DeltaShape {
  T: u32, // positions of a sequence
  H: u32, // heads
  D: u32, // Vectors of a head
}
@group(0) @binding(0) var<uniform> shape: DeltaShape;
@group(0) @binding(1) var<storage, read> y: array<Vector>;
@group(0) @binding(2) var<storage, read> d_y: array<Vector>;
@group(0) @binding(3) var<storage, read_write> delta: array<f32>;

@compute @workgroup_size(LANES, ROWS)
fn attention_delta(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let n = group.x * ROWS + local.y;
  let row = (group.z / shape.H) * shape.T + n;
  let start = (row * shape.H + group.z % shape.H) * shape.D;
  let end = select(0u, shape.D, n < shape.T);
  var sums = Vector();
  for (var d = local.x; d < end; d += LANES) { sums += d_y[start + d] * y[start + d]; }
  let sum = lanes_sum(total(sums), local);
  if (local.x == 0u && n < shape.T) { delta[group.z * shape.T + n] = sum; }
}
