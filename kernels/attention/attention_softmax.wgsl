// Turns scores into probabilities, in place.
//   p[z, n, j] = exp(SCALE s[n, j] - max_k SCALE s[n, k]) / sum_k exp(...)   for k, j <= n and s what is there
//   p[z, n, j] = 0                                   for n < j < the next multiple of 64 after n, or T
// where p is probabilities.
// probabilities [Z, T, T / VECTOR_WIDTH] Vectors. Row n of matrix z = workgroup y by LANES invocations, ROWS
// rows per workgroup. Maximum and sum in one reading, each lane with a maximum of its own; sums in f32.
// Beyond the zeros nothing is read or written. Rows beyond T have no elements.
// Snippets: lanes_subgroup or lanes_workgroup, vector_4 or vector_1. Reference: attention_reference.ts
// Paper: Milakov and Gimelshein, "Online normalizer calculation for softmax", https://arxiv.org/abs/1805.02867
override T: u32;
override SCALE: f32;
@group(0) @binding(0) var<storage, read_write> probabilities: array<Vector>;
const LOWEST = -3.4e38f;

@compute @workgroup_size(LANES, ROWS)
fn attention_softmax(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let n = group.x * ROWS + local.y;
  let first = (group.y * T + n) * (T / VECTOR_WIDTH);
  let end = select(0u, n / VECTOR_WIDTH + 1u, n < T);
  let zeros_end = select(0u, min(T, (n / 64u + 1u) * 64u) / VECTOR_WIDTH, n < T);
  var most = LOWEST;
  var sum = 0.0;
  for (var i = local.x; i < end; i += LANES) {
    let is_before = elements(i * VECTOR_WIDTH) <= VectorIndex(n);
    let score = select(Vector(LOWEST), probabilities[first + i] * SCALE, is_before);
    let before = most;
    most = max(most, highest(score));
    sum = sum * exp(before - most) + total(exp(score - most));
  }
  let row_most = lanes_max(most, local);
  let row_sum = lanes_sum(sum * exp(most - row_most), local);
  let factor = 1.0 / row_sum;
  for (var i = local.x; i < zeros_end; i += LANES) {
    let is_before = elements(i * VECTOR_WIDTH) <= VectorIndex(n);
    let probability = exp(probabilities[first + i] * SCALE - row_most) * factor;
    probabilities[first + i] = select(Vector(), probability, is_before);
  }
}
