// Attention of a run of rows of one sequence over its cached keys and values, for prefill on CPU adapters.
//   y[i, h, d] = sum_j p[j] values[slots[0], j, h, d]   for j = 0..positions[i]
//   p = softmax_j(SCALE sum_d qkv[i, h, d] keys[slots[0], j, h, d]);   y = 0 when positions[i] is not below S
// qkv [N, 3 C], keys and values [slots, S, C], y [N, C] Vectors, C and D (channels of a head) counted in Vectors;
// positions, slots [N]. Workgroup (h, b) is one wave of 8 lanes; lane l computes row 8 b + l of head h with an online softmax
// of its own. The lanes load 8 keys, one each, and hand them round by shuffles with literal lanes, so that a load serves 8
// queries. Sums in f32. y is overwritten. Keys and values past the position are never used.
// Before the file: const D. Snippets: vector_4 or vector_1. Reference: cached_attention_reference.ts
override N: u32;
override C: u32;
override S: u32;
override SCALE: f32;
@group(0) @binding(0) var<storage, read> qkv: array<Vector>;
@group(0) @binding(1) var<storage, read> keys: array<Vector>;
@group(0) @binding(2) var<storage, read> values: array<Vector>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> slots: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Vector>;
const LOWEST = -3.4e38f;

@compute @workgroup_size(8)
fn cached_attention_block(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let lane = local.x;
  let i = group.y * 8u + lane;
  let row = min(i, N - 1u);
  let position = positions[row];
  let length = select(position + 1u, 0u, position >= S || i >= N);
  let longest = subgroupMax(length);
  let last = max(longest, 1u) - 1u;
  let cache = slots[0] * S * C + group.x * D;
  var query: array<Vector, D>;
  var attended: array<Vector, D>;
  for (var d = 0u; d < D; d++) {
    query[d] = SCALE * qkv[row * 3u * C + group.x * D + d];
    attended[d] = Vector();
  }
  var most = LOWEST;
  var sum = 0.0;
  for (var first = 0u; first < longest; first += 8u) {
    // lane l loads key first + l
    let source = cache + min(first + lane, last) * C;
    var score0 = Vector();
    var score1 = Vector();
    var score2 = Vector();
    var score3 = Vector();
    var score4 = Vector();
    var score5 = Vector();
    var score6 = Vector();
    var score7 = Vector();
    for (var d = 0u; d < D; d++) {
      let q = query[d];
      let key = keys[source + d];
      score0 += q * subgroupShuffle(key, 0u);
      score1 += q * subgroupShuffle(key, 1u);
      score2 += q * subgroupShuffle(key, 2u);
      score3 += q * subgroupShuffle(key, 3u);
      score4 += q * subgroupShuffle(key, 4u);
      score5 += q * subgroupShuffle(key, 5u);
      score6 += q * subgroupShuffle(key, 6u);
      score7 += q * subgroupShuffle(key, 7u);
    }
    let is_low = vec4u(first) + vec4u(0u, 1u, 2u, 3u) < vec4u(length);
    let is_high = vec4u(first) + vec4u(4u, 5u, 6u, 7u) < vec4u(length);
    let low = select(vec4f(LOWEST), vec4f(total(score0), total(score1), total(score2), total(score3)), is_low);
    let high = select(vec4f(LOWEST), vec4f(total(score4), total(score5), total(score6), total(score7)), is_high);
    // weights relative to the highest score so far
    let before = most;
    let both = max(low, high);
    most = max(most, max(max(both.x, both.y), max(both.z, both.w)));
    let correction = exp(before - most);
    let w0 = select(vec4f(), exp(low - most), is_low);
    let w1 = select(vec4f(), exp(high - most), is_high);
    let weights = w0 + w1;
    sum = sum * correction + ((weights.x + weights.y) + (weights.z + weights.w));
    for (var d = 0u; d < D; d++) {
      let value = values[source + d];
      var part = attended[d] * correction;
      part += w0.x * subgroupShuffle(value, 0u) + w0.y * subgroupShuffle(value, 1u);
      part += w0.z * subgroupShuffle(value, 2u) + w0.w * subgroupShuffle(value, 3u);
      part += w1.x * subgroupShuffle(value, 4u) + w1.y * subgroupShuffle(value, 5u);
      part += w1.z * subgroupShuffle(value, 6u) + w1.w * subgroupShuffle(value, 7u);
      attended[d] = part;
    }
  }
  if (i >= N) { return; }
  let factor = select(1.0 / sum, 0.0, length == 0u);
  for (var d = 0u; d < D; d++) { y[row * C + group.x * D + d] = attended[d] * factor; }
}
