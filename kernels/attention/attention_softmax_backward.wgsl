// Turns scores into probabilities and the gradient of the probabilities into that of the scores, in place.
//   p[z, n, j] = exp(SCALE s[n, j] - lse[n])                   for j <= n and s what is there
//   d_scores[z, n, j] = SCALE p[n, j] (d[n, j] - delta[n])     for j <= n and d what is there
//   p, d_scores [z, n, j] = 0                        for n < j < the next multiple of 64 after n, or T
// where p is probabilities.
// probabilities, d_scores [Z, T, T / VECTOR_WIDTH] Vectors; lse, delta [Z, T]. Row n of matrix z = workgroup y
// by LANES invocations, ROWS rows per workgroup. Beyond the zeros nothing is read or written. Rows beyond T
// have no elements.
// Snippets: lanes_subgroup or lanes_workgroup, vector_4 or vector_1. Reference: attention_reference.ts
override T: u32;
override SCALE: f32;
@group(0) @binding(0) var<storage, read_write> probabilities: array<Vector>;
@group(0) @binding(1) var<storage, read_write> d_scores: array<Vector>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;

@compute @workgroup_size(LANES, ROWS)
fn attention_softmax_backward(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let n = group.x * ROWS + local.y;
  let first = (group.y * T + n) * (T / VECTOR_WIDTH);
  let zeros_end = select(0u, min(T, (n / 64u + 1u) * 64u) / VECTOR_WIDTH, n < T);
  let statistics = group.y * T + min(n, T - 1u);
  let row_lse = lse[statistics];
  let row_delta = delta[statistics];
  for (var i = local.x; i < zeros_end; i += LANES) {
    let is_before = elements(i * VECTOR_WIDTH) <= VectorIndex(n);
    let probability = exp(probabilities[first + i] * SCALE - row_lse);
    let gradient = SCALE * probability * (d_scores[first + i] - row_delta);
    probabilities[first + i] = select(Vector(), probability, is_before);
    d_scores[first + i] = select(Vector(), gradient, is_before);
  }
}
