// Normalises every row to mean 0 and variance 1, then scales and shifts it.
//   mean[n] = mean over c of x[n, c],   rstd[n] = 1 / sqrt(mean over c of (x[n, c] - mean[n])^2 + EPSILON)
//   y[n, c] = (x[n, c] - mean[n]) rstd[n] gamma[c] + beta[c]        (no beta with HAS_BETA = 0)
// x, y [N, C] Vectors, gamma, beta [C] Vectors, statistics [N] pairs (mean, rstd).
// A workgroup has (LANES, ROWS) invocations: LANES of them share row n.
// Sums in f32; the variance is summed about the mean, so a large mean costs no precision.
// y and statistics are overwritten.
// Snippets: vector_4 or vector_1, lanes_subgroup or lanes_workgroup. Reference: layer_norm_reference.ts
// Paper: Ba, Kiros, Hinton, "Layer Normalization" (2016), https://arxiv.org/abs/1607.06450
override N: u32;
override C: u32; // in Vectors
override EPSILON: f32;
override HAS_BETA: u32;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read> gamma: array<Vector>;
@group(0) @binding(2) var<storage, read> beta: array<Vector>;
@group(0) @binding(3) var<storage, read_write> y: array<Vector>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>;

@compute @workgroup_size(LANES, ROWS)
fn layer_norm_forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let n = (group.y * groups.x + group.x) * ROWS + local.y;
  let row = min(n, N - 1u) * C;
  let width = f32(C * VECTOR_WIDTH);

  var sum = Vector();
  for (var c = local.x; c < C; c += LANES) { sum += x[row + c]; }
  let mean = lanes_sum(total(sum), local) / width;

  // variance
  var squares = Vector();
  for (var c = local.x; c < C; c += LANES) {
    let centred = x[row + c] - mean;
    squares += centred * centred;
  }
  let rstd = inverseSqrt(lanes_sum(total(squares), local) / width + EPSILON);

  // A row beyond the last writes nothing.
  let end = select(0u, C, n < N);
  for (var c = local.x; c < end; c += LANES) {
    var normalised = (x[row + c] - mean) * rstd * gamma[c];
    if (HAS_BETA == 1u) { normalised += beta[c]; }
    y[row + c] = normalised;
  }
  if (local.x == 0u && n < N) { statistics[n] = vec2f(mean, rstd); }
}
