// Decides what becomes of a finished gradient: skipped, clipped, or taken as it is.
//   skipped = norm.y > 0 or accumulator is not finite
//   c1 = c1 BETA1 + (1 - BETA1), c2 likewise, counts + 1                              unless skipped
//   grad_scale = MAX_GRAD_NORM / (norm.x + 1e-6) if 0 < MAX_GRAD_NORM < norm.x else 1   (0 when skipped)
//   ring[step % RING_STEPS] = { accumulator, norm.x, skipped, norm.y };  accumulator = 0
// control StepControl, norm one vec4, accumulator one f32, state TrainingState, ring [RING_STEPS] vec4s.
// One invocation does everything. state is changed, one row of ring and accumulator are overwritten.
// Snippets: step_control. Reference: training_step_reference.ts
override MAX_GRAD_NORM: f32;
override BETA1: f32;
override BETA2: f32;
override ONE_MINUS_BETA1: f32;
override ONE_MINUS_BETA2: f32;
override RING_STEPS: u32;
@group(0) @binding(0) var<storage, read> control: StepControl;
@group(0) @binding(1) var<storage, read> norm: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> accumulator: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: TrainingState;
@group(0) @binding(4) var<storage, read_write> ring: array<vec4f>;

@compute @workgroup_size(1)
fn training_step_advance() {
  let loss = accumulator[0];
  let length = norm[0].x;
  let others = norm[0].y;
  let loss_is_finite = (bitcast<u32>(loss) & 0x7f800000u) != 0x7f800000u;
  let skipped = others > 0.0 || !loss_is_finite;
  var scale = 1.0;
  if (MAX_GRAD_NORM > 0.0 && length > MAX_GRAD_NORM) { scale = MAX_GRAD_NORM / (length + 1e-6); }
  if (skipped) {
    state.total_skipped += 1u;
    scale = 0.0;
  } else {
    state.applied_updates += 1u;
    state.correction1 = state.correction1 * BETA1 + ONE_MINUS_BETA1;
    state.correction2 = state.correction2 * BETA2 + ONE_MINUS_BETA2;
    state.good_steps += 1u;
  }
  state.skipped = u32(skipped);
  state.grad_norm = length;
  state.grad_scale = scale;
  ring[control.step % RING_STEPS] = vec4f(loss, length, f32(skipped), others);
  accumulator[0] = 0.0;
}
