// Chooses one token for each row of logits.
//   top-k: kept if l[v] >= the top_k-th highest l              w[v] = exp((l[v] - max l) / temperature) if kept, else 0
//   top-p: of these, kept if l[v] >= t, the highest t with sum over l[v] >= t of w[v] >= top_p sum_v w[v]
//   tokens[i] = the first v with w[0] + ... + w[v] > u (w[0] + ... + w[VOCAB_SIZE - 1]),   u = random in [0, 1)
//   temperature 0: the first v with l[v] = max l;   positions[i] += 1;   ring[i] takes the token and counts it
// logits [n, PITCH] Vectors, l[v] for v < VOCAB_SIZE; control [n]; tokens, positions [n]; ring [n, RING_COLUMNS].
// Workgroup i of ROWS waves of LANES chooses for row i. Both thresholds by bisection over the floats in their order,
// exact after 32 rounds: a round adds up what is not below its middle. Counts and sums in f32 by fixed trees.
// NaN and what is below -1.7e38 count as -1.7e38, what is above 1.7e38 as that. Rows of position 0xffffffff stay.
// Snippets: lanes_subgroup or lanes_workgroup, vector_4 or vector_1, random. Reference: sampling_reference.ts
struct SamplingControl {
  temperature: f32,
  top_k: u32,
  top_p: f32,
  seed: u32,
  stream: u32,
  unused0: u32,
  unused1: u32,
  unused2: u32,
}
override PITCH: u32;
override VOCAB_SIZE: u32;
override RING_COLUMNS: u32;
@group(0) @binding(0) var<storage, read> logits: array<Vector>;
@group(0) @binding(1) var<storage, read> control: array<SamplingControl>;
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(3) var<storage, read_write> positions: array<u32>;
@group(0) @binding(4) var<storage, read_write> ring: array<u32>;
// One number from each wave, and one from each invocation.
var<workgroup> of_waves: array<f32, 256>;
var<workgroup> of_chunks: array<f32, 256>;
const LIMIT = 1.7e38f;
const SITE = 0u;
const PADDING = 0xffffffffu;

fn group_sum(value: f32, local: vec3u) -> f32 {
  let of_wave = lanes_sum(value, local);
  if (local.x == 0u) { of_waves[local.y] = of_wave; }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = local.x; i < ROWS; i += LANES) { sum += of_waves[i]; }
  let all = lanes_sum(sum, local);
  workgroupBarrier();
  return all;
}
fn group_max(value: f32, local: vec3u) -> f32 {
  let of_wave = lanes_max(value, local);
  if (local.x == 0u) { of_waves[local.y] = of_wave; }
  workgroupBarrier();
  var most = -LIMIT;
  for (var i = local.x; i < ROWS; i += LANES) { most = max(most, of_waves[i]); }
  let all = lanes_max(most, local);
  workgroupBarrier();
  return all;
}
// Vector i of a row, columns beyond the vocabulary as -2 LIMIT, which is below every threshold.
fn logit(first: u32, i: u32) -> Vector {
  let value = logits[first + i];
  let is_nan = (bitcast<VectorIndex>(value) & VectorIndex(0x7fffffffu)) > VectorIndex(0x7f800000u);
  let finite = clamp(select(value, Vector(-LIMIT), is_nan), Vector(-LIMIT), Vector(LIMIT));
  return select(Vector(-2.0 * LIMIT), finite, elements(i * VECTOR_WIDTH) < VectorIndex(VOCAB_SIZE));
}
// Place of a float among all floats in their order, and back.
fn place_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn float_at(place: u32) -> f32 {
  return bitcast<f32>(select(~place, place & 0x7fffffffu, place >= 0x80000000u));
}

@compute @workgroup_size(LANES, ROWS)
fn sampling_draw(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let first = group.x * PITCH;
  let own = local.y * LANES + local.x;
  let count = LANES * ROWS;
  let settings = control[group.x];
  let is_greedy = settings.temperature == 0.0;
  let inverse = select(1.0 / settings.temperature, 0.0, is_greedy);
  var own_most = -LIMIT;
  for (var i = own; i < PITCH; i += count) { own_most = max(own_most, highest(logit(first, i))); }
  let most = group_max(own_most, local);
  var threshold = select(-LIMIT, most, is_greedy);

  if (!is_greedy && settings.top_k > 0u && settings.top_k < VOCAB_SIZE) {
    var low = place_of(-LIMIT);
    var high = place_of(most);
    for (var round = 0u; round < 32u; round++) {
      let middle = low + (high - low + 1u) / 2u;
      let bound = float_at(middle);
      var kept = Vector();
      for (var i = select(PITCH, own, low < high); i < PITCH; i += count) {
        kept += select(Vector(), Vector(1.0), logit(first, i) >= Vector(bound));
      }
      let all = select(f32(settings.top_k), group_sum(total(kept), local), low < high);
      if (all >= f32(settings.top_k)) { low = middle; } else { high = middle - 1u; }
      if (all == f32(settings.top_k)) { high = low; }
    }
    threshold = float_at(low);
  }
  if (!is_greedy && settings.top_p < 1.0) {
    var low = place_of(threshold);
    var high = place_of(most);
    var sum = Vector();
    for (var i = own; i < PITCH; i += count) {
      let value = logit(first, i);
      sum += select(Vector(), exp((value - most) * inverse), value >= Vector(threshold));
    }
    let wanted = settings.top_p * group_sum(total(sum), local);
    for (var round = 0u; round < 32u; round++) {
      let middle = low + (high - low + 1u) / 2u;
      let bound = float_at(middle);
      var kept = Vector();
      for (var i = select(PITCH, own, low < high); i < PITCH; i += count) {
        let value = logit(first, i);
        kept += select(Vector(), exp((value - most) * inverse), value >= Vector(bound));
      }
      let all = group_sum(total(kept), local);
      if (low < high) {
        if (all >= wanted) { low = middle; } else { high = middle - 1u; }
      }
    }
    threshold = float_at(low);
  }

  // weights of consecutive ids, a chunk for each invocation
  let size = (PITCH + count - 1u) / count;
  var own_sum = 0.0;
  for (var i = own * size; i < min(PITCH, (own + 1u) * size); i++) {
    let value = logit(first, i);
    own_sum += total(select(Vector(), exp((value - most) * inverse), value >= Vector(threshold)));
  }
  of_chunks[own] = own_sum;
  workgroupBarrier();
  if (own != 0u || positions[group.x] == PADDING) { return; }

  // the chunk that holds the drawn token
  let position = positions[group.x] + 1u;
  var all = 0.0;
  for (var i = 0u; i < count; i++) { all += of_chunks[i]; }
  let u = select(random_unit(settings.seed, position, SITE, settings.stream, 0u), 0.0, is_greedy);
  let target_sum = u * all;
  var chunk = 0u;
  var before = 0.0;
  var sum = 0.0;
  var is_found = false;
  for (var i = 0u; i < count; i++) {
    if (of_chunks[i] > 0.0 && !is_found) {
      chunk = i;
      before = sum;
      is_found = sum + of_chunks[i] > target_sum;
    }
    sum += of_chunks[i];
  }
  // the token in the chunk; the last one kept if rounding left a little of u
  let rest = target_sum - before;
  var token = 0u;
  var inside = 0.0;
  is_found = false;
  for (var i = chunk * size; i < min(PITCH, (chunk + 1u) * size) && !is_found; i++) {
    let value = logit(first, i);
    let weight = select(Vector(), exp((value - most) * inverse), value >= Vector(threshold));
    let ids = elements(i * VECTOR_WIDTH);
    var previous = 0.0;
    for (var id = i * VECTOR_WIDTH; id < (i + 1u) * VECTOR_WIDTH; id++) {
      let part = total(select(Vector(), weight, ids <= VectorIndex(id)));
      if (part > previous && !is_found) {
        token = id;
        is_found = inside + part > rest;
      }
      previous = part;
    }
    inside += total(weight);
  }
  tokens[group.x] = token;
  positions[group.x] = position;
  let row = group.x * RING_COLUMNS;
  let chosen = ring[row];
  ring[row + 1u + chosen % (RING_COLUMNS - 1u)] = token;
  ring[row] = chosen + 1u;
}
