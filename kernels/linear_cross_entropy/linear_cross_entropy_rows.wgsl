// Cross-entropy of rows of logits, and their gradient in place.
//   losses[n] = log sum over v of exp(logits[n, v]) - logits[n, targets[n]]
//   logits[n, v] <- (exp(logits[n, v]) / sum over w of exp(logits[n, w]) - [v = targets[n]]) / loss_divisor
// logits [N, PITCH] Vectors of four, of which V floats count; targets u32 [N]; losses [N].
// A workgroup has (LANES, ROWS) invocations: LANES of them share row n.
// Sums in f32, after subtracting the row's maximum. losses are overwritten, and with WITH_GRADIENT = 1 so are
// logits, where columns from V on become 0.
// A target of V or more (0xffffffff: ignored) gives loss 0 and gradient 0.
// Snippets: vector_4, step_control, lanes_subgroup or lanes_workgroup.
// Reference: linear_cross_entropy_reference.ts
override N: u32;
override V: u32;
override PITCH: u32; // in Vectors
override WITH_GRADIENT: u32;
@group(0) @binding(0) var<storage, read_write> logits: array<Vector>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> control: StepControl;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;

const LOWEST = -3.0e38;

@compute @workgroup_size(LANES, ROWS)
fn linear_cross_entropy_rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let n = group.x * ROWS + local.y;
  let row = min(n, N - 1u);
  let first = row * PITCH;
  let wanted = targets[row];
  let counts = wanted < V;
  // Read before any lane may overwrite it: all lanes meet twice before the gradient is written.
  let place = select(0u, wanted, counts);
  let target_logit = logits[first + place / 4u][place % 4u];

  var high = vec4f(LOWEST);
  for (var i = local.x; i < PITCH; i += LANES) {
    high = max(high, select(vec4f(LOWEST), logits[first + i], elements(4u * i) < vec4u(V)));
  }
  let maximum = lanes_max(highest(high), local);

  var sums = vec4f();
  for (var i = local.x; i < PITCH; i += LANES) {
    sums += select(vec4f(), exp(logits[first + i] - maximum), elements(4u * i) < vec4u(V));
  }
  let sum = lanes_sum(total(sums), local);
  if (n >= N) { return; }
  if (local.x == 0u) { losses[n] = select(0.0, log(sum) + maximum - target_logit, counts); }

  // gradient
  if (WITH_GRADIENT == 0u) { return; }
  let scale = select(0.0, 1.0 / control.loss_divisor, counts);
  for (var i = local.x; i < PITCH; i += LANES) {
    let v = elements(4u * i);
    let probability = exp(logits[first + i] - maximum) / sum;
    let gradient = (probability - vec4f(v == vec4u(wanted))) * scale;
    logits[first + i] = select(vec4f(), gradient, v < vec4u(V));
  }
}
