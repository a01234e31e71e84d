// Attention of single queries over cached keys and values, with an online softmax.
//   y[i, h, d] = sum_j p[j] values[slots[i], j, h, d]   for j = 0..positions[i]
//   p = softmax_j(SCALE sum_d qkv[i, h, d] keys[slots[i], j, h, d])
//   y = 0 when positions[i] is not below S
// With APPEND = 1 first keys[slots[i], positions[i], h] = k and values[...] = v of qkv[i]; a slot has one row at most then.
// qkv [n, 3 C], keys and values [slots, S, C], y [n, C] Vectors, C and D (channels of a head) counted in
// Vectors; positions, slots [n]. Workgroup (h, i) computes y[i, h, :]. Its ROWS waves of LANES take turns at
// blocks of 4 LANES keys: a lane scores 4 keys, then the weights go through workgroup memory and a lane sums
// the values of Vectors lane, lane + LANES, ... (CHUNKS of them) over all keys of the block. Waves join at
// the end, in order. With SPLITS > 1 workgroup (h, i, z) takes the z-th of equal parts of the keys and y is the scratch of
// cached_attention_join.wgsl: D Vectors of exp(score - most) values, most, and the sum of exp(score - most).
// Sums in f32. y is overwritten. Keys and values past the position are never used.
// Before the file: const CHUNKS = ceil(D / LANES), const INVOCATIONS = LANES * ROWS.
// Snippets: lanes_subgroup or lanes_workgroup, vector_4 or vector_1. Reference: cached_attention_reference.ts
// Paper: Dao et al., "FlashAttention", https://arxiv.org/abs/2205.14135
override C: u32;
override D: u32;
override S: u32;
override SCALE: f32;
override APPEND: u32;
override SPLITS: u32;
@group(0) @binding(0) var<storage, read> qkv: array<Vector>;
@group(0) @binding(1) var<storage, read_write> keys: array<Vector>;
@group(0) @binding(2) var<storage, read_write> values: array<Vector>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read> slots: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Vector>;
var<workgroup> weights: array<vec4f, INVOCATIONS>;
var<workgroup> parts: array<Vector, INVOCATIONS>;
// Maximum and sum of each wave.
var<workgroup> waves: array<vec2f, INVOCATIONS>;
const LOWEST = -3.4e38f;

@compute @workgroup_size(LANES, ROWS)
fn cached_attention_forward(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let position = positions[group.y];
  let length = select(position + 1u, 0u, position >= S);
  let last = max(length, 1u) - 1u;
  let query = group.y * 3u * C + group.x * D;
  let cache = slots[group.y] * S * C + group.x * D;
  let wave = local.y * LANES;
  let part = (length + SPLITS - 1u) / SPLITS;
  let begin = group.z * part;
  let end = min(length, begin + part);
  if (APPEND == 1u) {
    // Of all parts only the one that reads the new key and value writes them.
    let count = select(0u, D, begin <= last && last < end);
    for (var d = wave + local.x; d < count; d += LANES * ROWS) {
      keys[cache + last * C + d] = qkv[query + C + d];
      values[cache + last * C + d] = qkv[query + 2u * C + d];
    }
    storageBarrier();
  }
  var most = LOWEST;
  var sum = 0.0;
  var attended: array<Vector, CHUNKS>;
  for (var start = begin; start < end; start += 4u * LANES * ROWS) {
    let first = start + 4u * wave;
    // scores of 4 keys
    let key = vec4u(first + 4u * local.x) + vec4u(0u, 1u, 2u, 3u);
    let k = cache + min(key, vec4u(last)) * C;
    var score0 = Vector();
    var score1 = Vector();
    var score2 = Vector();
    var score3 = Vector();
    for (var d = 0u; d < D; d++) {
      let q = qkv[query + d];
      score0 += q * keys[k.x + d];
      score1 += q * keys[k.y + d];
      score2 += q * keys[k.z + d];
      score3 += q * keys[k.w + d];
    }
    let is_key = key < vec4u(end);
    let all = SCALE * vec4f(total(score0), total(score1), total(score2), total(score3));
    let score = select(vec4f(LOWEST), all, is_key);
    // weights relative to the highest score so far
    let before = most;
    most = max(most, lanes_max(max(max(score.x, score.y), max(score.z, score.w)), local));
    let correction = exp(before - most);
    let weight = select(vec4f(), exp(score - most), is_key);
    sum = sum * correction + ((weight.x + weight.y) + (weight.z + weight.w));
    weights[wave + local.x] = weight;
    workgroupBarrier();
    // weighted sum of values
    let groups = min(LANES, (max(end, first) - first + 3u) / 4u);
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let v = cache + min(chunk * LANES + local.x, D - 1u);
      var sum_of_values = attended[chunk] * correction;
      for (var g = 0u; g < groups; g++) {
        let w = weights[wave + g];
        let j = v + min(vec4u(first + 4u * g) + vec4u(0u, 1u, 2u, 3u), vec4u(last)) * C;
        sum_of_values += (w.x * values[j.x] + w.y * values[j.y]) + (w.z * values[j.z] + w.w * values[j.w]);
      }
      attended[chunk] = sum_of_values;
    }
    workgroupBarrier();
  }
  // join the waves
  let wave_sum = lanes_sum(sum, local);
  if (local.x == 0u) { waves[local.y] = vec2f(most, wave_sum); }
  workgroupBarrier();
  var highest_of_all = LOWEST;
  for (var i = 0u; i < ROWS; i++) { highest_of_all = max(highest_of_all, waves[i].x); }
  var denominator = 0.0;
  for (var i = 0u; i < ROWS; i++) { denominator += waves[i].y * exp(waves[i].x - highest_of_all); }
  let share = select(1.0, denominator, SPLITS == 1u);
  let factor = select(exp(most - highest_of_all) / share, 0.0, begin >= end);
  let place = group.y * C + group.x * D;
  let row = select(((group.y * (C / D) + group.x) * SPLITS + group.z) * (D + 2u), place, SPLITS == 1u);
  if (SPLITS > 1u && wave + local.x == 0u) {
    y[row + D] = Vector(select(highest_of_all, LOWEST, begin >= end));
    y[row + D + 1u] = Vector(select(denominator, 0.0, begin >= end));
  }
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    parts[wave + local.x] = attended[chunk] * factor;
    workgroupBarrier();
    let d = chunk * LANES + local.x;
    if (local.y == 0u && d < D) {
      var joined = parts[local.x];
      for (var i = 1u; i < ROWS; i++) { joined += parts[i * LANES + local.x]; }
      y[row + d] = joined;
    }
    workgroupBarrier();
  }
}
