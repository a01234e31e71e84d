// Sums and maxima over the LANES invocations that share a row, by a tree in workgroup memory: for devices without
// subgroups of a fixed size. Needs: a workgroup of (LANES, ROWS), LANES a power of two, LANES * ROWS <= 256.
// Uniform control flow.
override LANES: u32 = 32u;
override ROWS: u32 = 2u;
var<workgroup> lanes_scratch: array<f32, 256>;
fn lanes_sum(value: f32, local: vec3u) -> f32 {
  let first = local.y * LANES;
  lanes_scratch[first + local.x] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (local.x < half) { lanes_scratch[first + local.x] += lanes_scratch[first + local.x + half]; }
    workgroupBarrier();
  }
  let sum = lanes_scratch[first];
  workgroupBarrier();
  return sum;
}
fn lanes_max(value: f32, local: vec3u) -> f32 {
  let first = local.y * LANES;
  lanes_scratch[first + local.x] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (local.x < half) {
      lanes_scratch[first + local.x] = max(lanes_scratch[first + local.x], lanes_scratch[first + local.x + half]);
    }
    workgroupBarrier();
  }
  let highest = lanes_scratch[first];
  workgroupBarrier();
  return highest;
}
