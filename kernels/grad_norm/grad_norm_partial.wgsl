// Sums of squares, and counts of non-finite elements, of the chunks of one window of the gradient.
//   partial[j] = { sum_i finite(gradient[i]) gradient[i]^2, sum_i 1 - finite(gradient[i]) }   i in chunk j
// gradient [SIZE] vec4s; partial [chunks]. One chunk of CHUNK consecutive vec4s per LANES invocations, ROWS
// chunks per workgroup: neighbours in time are neighbours in memory, on a CPU as well. Sums in f32, one per
// lane, then across lanes. partial is overwritten; chunks beyond the window hold zeros.
// Snippets: lanes_subgroup or lanes_workgroup. Reference: grad_norm_reference.ts
override SIZE: u32;
override CHUNK: u32;
@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec2f>;

@compute @workgroup_size(LANES, ROWS)
fn grad_norm_partial(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let chunk = group.x * ROWS + local.y;
  let end = min(SIZE, (chunk + 1u) * CHUNK);
  var squares = vec4f();
  var others = vec4f();
  for (var i = chunk * CHUNK + local.x; i < end; i += LANES) {
    let value = gradient[i];
    // By its bits: a compiler may assume that no value is a NaN.
    let is_finite = (bitcast<vec4u>(value) & vec4u(0x7f800000u)) != vec4u(0x7f800000u);
    squares += select(vec4f(), value * value, is_finite);
    others += select(vec4f(1.0), vec4f(), is_finite);
  }
  let sum = lanes_sum((squares.x + squares.y) + (squares.z + squares.w), local);
  let count = lanes_sum((others.x + others.y) + (others.z + others.w), local);
  if (local.x == 0u) { partial[chunk] = vec2f(sum, count); }
}
