// One AdamW update of a flat window, and a cleared gradient.
//   g = gradient grad_scale
//   moment1 = BETA1 moment1 + (1 - BETA1) g,   moment2 = BETA2 moment2 + (1 - BETA2) g^2
//   parameter = parameter (1 - rate WEIGHT_DECAY decay) - rate (moment1 / c1) / (sqrt(moment2 / c2) + EPSILON)
//   gradient = 0
// with rate = control.learning_rate and the corrections c1, c2 of state: the order of PyTorch, decay first.
// parameter, gradient, moment1, moment2 [SIZE] vec4s; decay one f32 for 16 vec4s; state TrainingState;
// control StepControl. Invocation i of the grid, rows of 256 * num_workgroups.x, updates vec4 i. All in f32.
// When state.skipped is set, only the gradient is written.
// Snippets: step_control, adamw_copy_none or adamw_copy_f16. Reference: adamw_reference.ts
// Paper: Loshchilov and Hutter, "Decoupled weight decay regularization", https://arxiv.org/abs/1711.05101
override SIZE: u32;
override BETA1: f32;
override BETA2: f32;
override ONE_MINUS_BETA1: f32;
override ONE_MINUS_BETA2: f32;
override EPSILON: f32;
override WEIGHT_DECAY: f32;
@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> moment1: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> moment2: array<vec4f>;
@group(0) @binding(4) var<storage, read> decay: array<f32>;
@group(0) @binding(5) var<storage, read> state: TrainingState;
@group(0) @binding(6) var<storage, read> control: StepControl;

@compute @workgroup_size(256)
fn adamw_update(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  // Before any branch: there a CPU adapter loads what is the same for all invocations once, not lane by lane.
  let rate = control.learning_rate;
  let scale = state.grad_scale;
  let skipped = state.skipped;
  let step = rate / state.correction1;
  let root2 = 1.0 / sqrt(state.correction2);
  let i = id.y * groups.x * 256u + id.x;
  if (i >= SIZE) { return; }
  if (skipped == 0u) {
    let g = gradient[i] * scale;
    let m = moment1[i] * BETA1 + g * ONE_MINUS_BETA1;
    let v = moment2[i] * BETA2 + g * g * ONE_MINUS_BETA2;
    moment1[i] = m;
    moment2[i] = v;
    let kept = 1.0 - rate * WEIGHT_DECAY * decay[i / 16u];
    let updated = parameter[i] * kept - step * m / (sqrt(v) * root2 + EPSILON);
    parameter[i] = updated;
    keep_copy(i, updated);
  }
  gradient[i] = vec4f();
}
