// Gradient of the scores from that of the probabilities, in place.
//   d_scores[z, n, j] = SCALE p[n, j] (d[n, j] - sum_k p[n, k] d[n, k])   for k, j <= n and d what is there
//   d_scores[z, n, j] = 0                                    for n < j < the next multiple of 64 after n, or T
// where p is probabilities.
// probabilities, d_scores [Z, T, T / VECTOR_WIDTH] Vectors. Row n of matrix z = workgroup y by LANES
// invocations, ROWS rows per workgroup. Sums in f32. Beyond the zeros nothing is read or written. Rows beyond
// T have no elements.
// Snippets: lanes_subgroup or lanes_workgroup, vector_4 or vector_1. Reference: attention_reference.ts
override T: u32;
override SCALE: f32;
@group(0) @binding(0) var<storage, read> probabilities: array<Vector>;
@group(0) @binding(1) var<storage, read_write> d_scores: array<Vector>;

@compute @workgroup_size(LANES, ROWS)
fn attention_softmax_backward(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let n = group.x * ROWS + local.y;
  let first = (group.y * T + n) * (T / VECTOR_WIDTH);
  let end = select(0u, n / VECTOR_WIDTH + 1u, n < T);
  let zeros_end = select(0u, min(T, (n / 64u + 1u) * 64u) / VECTOR_WIDTH, n < T);
  var sums = Vector();
  for (var i = local.x; i < end; i += LANES) {
    let is_before = elements(i * VECTOR_WIDTH) <= VectorIndex(n);
    sums += select(Vector(), probabilities[first + i] * d_scores[first + i], is_before);
  }
  let row_sum = lanes_sum(total(sums), local);
  for (var i = local.x; i < zeros_end; i += LANES) {
    let is_before = elements(i * VECTOR_WIDTH) <= VectorIndex(n);
    let gradient = SCALE * probabilities[first + i] * (d_scores[first + i] - row_sum);
    d_scores[first + i] = select(Vector(), gradient, is_before);
  }
}
