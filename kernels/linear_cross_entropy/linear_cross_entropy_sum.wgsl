// Adds the losses of all rows to the accumulator.
//   accumulator[0] = accumulator[0] + (sum_n losses[n]) / loss_divisor
// losses [SIZE]; accumulator [1].
// One workgroup: invocation i sums every 256th loss, then a fixed tree adds the parts.
// Sums in f32. The accumulator is added to.
// Snippets: step_control. Reference: linear_cross_entropy_reference.ts
override SIZE: u32;
@group(0) @binding(0) var<storage, read> losses: array<f32>;
@group(0) @binding(1) var<storage, read> control: StepControl;
@group(0) @binding(2) var<storage, read_write> accumulator: array<f32>;
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn linear_cross_entropy_sum(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var n = thread; n < SIZE; n += 256u) { sum += losses[n]; }
  parts[thread] = sum;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (thread < width) { parts[thread] += parts[thread + width]; }
    workgroupBarrier();
  }
  if (thread == 0u) { accumulator[0] += parts[0] / control.loss_divisor; }
}
