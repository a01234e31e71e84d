// Adds the partial sums of every window and takes the root.
//   norm = { sqrt(sum_j partials[j].x), sum_j partials[j].y, 0, 0 }
// partials [COUNT] vec2s, norm one vec4. One workgroup; invocation i adds elements i, i + 256, ..., then a
// fixed tree. Sums in f32: one that leaves its range counts as a non-finite element. norm is overwritten.
// Reference: grad_norm_reference.ts
override COUNT: u32;
@group(0) @binding(0) var<storage, read> partials: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> norm: array<vec4f>;
var<workgroup> sums: array<vec2f, 256>;

@compute @workgroup_size(256)
fn grad_norm_total(@builtin(local_invocation_id) local: vec3u) {
  var sum = vec2f();
  for (var i = local.x; i < COUNT; i += 256u) { sum += partials[i]; }
  sums[local.x] = sum;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (local.x < half) { sums[local.x] += sums[local.x + half]; }
    workgroupBarrier();
  }
  if (local.x == 0u) {
    let total = sums[0];
    let is_finite = (bitcast<u32>(total.x) & 0x7f800000u) != 0x7f800000u;
    norm[0] = vec4f(sqrt(total.x), total.y + select(1.0, 0.0, is_finite), 0.0, 0.0);
  }
}
