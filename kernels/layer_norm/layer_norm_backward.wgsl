// Gradient of layer_norm by its input.
//   xhat[n, c] = (x[n, c] - mean[n]) rstd[n],   g[n, c] = d_y[n, c] gamma[c]
//   d_x[n, c] = rstd[n] (g[n, c] - mean over k of g[n, k] - xhat[n, c] mean over k of g[n, k] xhat[n, k])
// x, d_y, d_x [N, C] Vectors, gamma [C] Vectors, statistics [N] pairs (mean, rstd).
// A workgroup has (LANES, ROWS) invocations: LANES of them share row n.
// Sums in f32. d_x is overwritten, or added to with ACCUMULATE = 1.
// Snippets: vector_4 or vector_1, lanes_subgroup or lanes_workgroup. Reference: layer_norm_reference.ts
override N: u32;
override C: u32; // in Vectors
override ACCUMULATE: u32 = 0u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read> gamma: array<Vector>;
@group(0) @binding(2) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(3) var<storage, read> d_y: array<Vector>;
@group(0) @binding(4) var<storage, read_write> d_x: array<Vector>;

@compute @workgroup_size(LANES, ROWS)
fn layer_norm_backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let n = (group.y * groups.x + group.x) * ROWS + local.y;
  let row = min(n, N - 1u) * C;
  let width = f32(C * VECTOR_WIDTH);
  let mean = statistics[min(n, N - 1u)].x;
  let rstd = statistics[min(n, N - 1u)].y;

  var g_sum = Vector();
  var g_xhat_sum = Vector();
  for (var c = local.x; c < C; c += LANES) {
    let g = d_y[row + c] * gamma[c];
    g_sum += g;
    g_xhat_sum += g * (x[row + c] - mean);
  }
  let g_mean = lanes_sum(total(g_sum), local) / width;
  let g_xhat_mean = lanes_sum(total(g_xhat_sum), local) * rstd / width;

  // A row beyond the last writes nothing.
  let end = select(0u, C, n < N);
  for (var c = local.x; c < end; c += LANES) {
    let xhat = (x[row + c] - mean) * rstd;
    let gradient = rstd * (d_y[row + c] * gamma[c] - g_mean - xhat * g_xhat_mean);
    if (ACCUMULATE == 1u) {
      d_x[row + c] += gradient;
    } else {
      d_x[row + c] = gradient;
    }
  }
}
