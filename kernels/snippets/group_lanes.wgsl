// Sums and maxima over a workgroup of ROWS waves of LANES, the same bits in every invocation.
// Needs: lanes_subgroup or lanes_workgroup before it, ROWS at most 256. Uniform control flow.
var<workgroup> of_waves: array<f32, 256>;
fn group_sum(value: f32, local: vec3u) -> f32 {
  let of_wave = lanes_sum(value, local);
  if (local.x == 0u) { of_waves[local.y] = of_wave; }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = local.x; i < ROWS; i += LANES) { sum += of_waves[i]; }
  let all = lanes_sum(sum, local);
  workgroupBarrier();
  return all;
}
fn group_max(value: f32, local: vec3u) -> f32 {
  let of_wave = lanes_max(value, local);
  if (local.x == 0u) { of_waves[local.y] = of_wave; }
  workgroupBarrier();
  var most = -3.4e38;
  for (var i = local.x; i < ROWS; i += LANES) { most = max(most, of_waves[i]); }
  let all = lanes_max(most, local);
  workgroupBarrier();
  return all;
}
