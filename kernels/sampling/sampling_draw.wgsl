// Chooses one token for each row of logits.
//   top-k: kept if l[v] >= the top_k-th highest l        w[v] = exp((l[v] - max l) / temperature) if kept, else 0
//   top-p: of these, kept if l[v] >= t, the highest t with sum over l[v] >= t of w[v] >= top_p sum_v w[v]
//   tokens[i] = the first v with w[0] + ... + w[v] > u (w[0] + ... + w[VOCAB_SIZE - 1]),   u = random in [0, 1)
//   temperature 0: the first v with l[v] = max l;   positions[i] += 1;   ring[i] takes the token and counts it
// logits [n, PITCH] Vectors, l[v] for v < VOCAB_SIZE; control [n]; tokens, positions [n]; ring [n,
// RING_COLUMNS]. Workgroup i of ROWS waves of LANES chooses for row i. Both thresholds by bisection over the
// floats in their order, exact after 32 rounds: a round adds up what is not below its middle. Sums in f32 by
// fixed trees. NaN and what is below -1.7e38 count as -1.7e38, what is above 1.7e38 as that. Rows of position
// 0xffffffff stay.
// Snippets: lanes_subgroup or lanes_workgroup, group_lanes, vector_4 or vector_1, random.
// Reference: sampling_reference.ts
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
// Sum of the weights of each invocation's chunk of ids.
var<workgroup> of_chunks: array<f32, 256>;
const LIMIT = 1.7e38f;
const SITE = 0u;
const PADDING = 0xffffffffu;

// The row a workgroup works on: its first Vector, its highest logit, and 1 / temperature.
struct Row {
  first: u32,
  most: f32,
  inverse: f32,
}

// Vector i of a row; columns beyond the vocabulary are -2 LIMIT, below every bound.
fn logit(first: u32, i: u32) -> Vector {
  let value = logits[first + i];
  let is_nan = (bitcast<VectorIndex>(value) & VectorIndex(0x7fffffffu)) > VectorIndex(0x7f800000u);
  let finite = clamp(select(value, Vector(-LIMIT), is_nan), Vector(-LIMIT), Vector(LIMIT));
  return select(Vector(-2.0 * LIMIT), finite, elements(i * VECTOR_WIDTH) < VectorIndex(VOCAB_SIZE));
}
// What tokens of Vector i weigh, 0 for logits below the bound.
fn weight(row: Row, i: u32, bound: f32) -> Vector {
  let value = logit(row.first, i);
  return select(Vector(), exp((value - row.most) * row.inverse), value >= Vector(bound));
}
// Sum of the weights from Vector `start` of each invocation.
fn weight_sum(row: Row, start: u32, bound: f32, local: vec3u) -> f32 {
  var sum = Vector();
  for (var i = start; i < PITCH; i += LANES * ROWS) { sum += weight(row, i, bound); }
  return group_sum(total(sum), local);
}
// Place of a float among all floats in their order, and back.
fn place_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn float_at(place: u32) -> f32 {
  return bitcast<f32>(select(~place, place & 0x7fffffffu, place >= 0x80000000u));
}
// The highest bound, from `lowest` up, above which tokens still weigh `wanted` together. A round that has
// nothing left to decide visits no token: the loop over rounds itself must be the same for all invocations.
fn highest_bound(row: Row, lowest: f32, wanted: f32, local: vec3u) -> f32 {
  var low = place_of(lowest);
  var high = place_of(row.most);
  for (var round = 0u; round < 32u; round++) {
    let middle = low + (high - low + 1u) / 2u;
    let start = select(PITCH, local.y * LANES + local.x, low < high);
    let sum = weight_sum(row, start, float_at(middle), local);
    if (low < high) {
      if (sum >= wanted) { low = middle; } else { high = middle - 1u; }
      if (sum == wanted) { high = low; }
    }
  }
  return float_at(low);
}
// The first token of a chunk of Vectors at which the running sum exceeds `rest`; if none does, the last that
// weighs.
fn token_in(row: Row, chunk: vec2u, bound: f32, rest: f32) -> u32 {
  var token = 0u;
  var before = 0.0;
  for (var i = chunk.x; i < chunk.y; i++) {
    let weights = weight(row, i, bound);
    let ids = elements(i * VECTOR_WIDTH);
    var previous = 0.0;
    for (var id = i * VECTOR_WIDTH; id < (i + 1u) * VECTOR_WIDTH; id++) {
      let sum = total(select(Vector(), weights, ids <= VectorIndex(id)));
      if (sum > previous) {
        token = id;
        if (before + sum > rest) { return token; }
      }
      previous = sum;
    }
    before += previous;
  }
  return token;
}
// The token at the fraction u of all weights, from the sums of chunks of `size` Vectors.
fn token_at(row: Row, size: u32, bound: f32, u: f32) -> u32 {
  var all = 0.0;
  for (var i = 0u; i < LANES * ROWS; i++) { all += of_chunks[i]; }
  let wanted = u * all;
  var chunk = 0u;
  var before = 0.0;
  var sum = 0.0;
  for (var i = 0u; i < LANES * ROWS && sum <= wanted; i++) {
    if (of_chunks[i] > 0.0) {
      chunk = i;
      before = sum;
    }
    sum += of_chunks[i];
  }
  return token_in(row, vec2u(chunk * size, min(PITCH, (chunk + 1u) * size)), bound, wanted - before);
}

@compute @workgroup_size(LANES, ROWS)
fn sampling_draw(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let own = local.y * LANES + local.x;
  let settings = control[group.x];
  let is_greedy = settings.temperature == 0.0;
  var row = Row(group.x * PITCH, -LIMIT, select(1.0 / settings.temperature, 0.0, is_greedy));
  for (var i = own; i < PITCH; i += LANES * ROWS) { row.most = max(row.most, highest(logit(row.first, i))); }
  row.most = group_max(row.most, local);

  var bound = select(-LIMIT, row.most, is_greedy);
  if (!is_greedy && settings.top_k > 0u && settings.top_k < VOCAB_SIZE) {
    // at 1 / temperature = 0 every token weighs 1
    bound = highest_bound(Row(row.first, row.most, 0.0), bound, f32(settings.top_k), local);
  }
  if (!is_greedy && settings.top_p < 1.0) {
    bound = highest_bound(row, bound, settings.top_p * weight_sum(row, own, bound, local), local);
  }

  // one chunk of consecutive ids for each invocation
  let size = (PITCH + LANES * ROWS - 1u) / (LANES * ROWS);
  var sum = 0.0;
  for (var i = own * size; i < min(PITCH, (own + 1u) * size); i++) { sum += total(weight(row, i, bound)); }
  of_chunks[own] = sum;
  workgroupBarrier();
  if (own != 0u || positions[group.x] == PADDING) { return; }
  let position = positions[group.x] + 1u;
  let u = select(random_unit(settings.seed, position, SITE, settings.stream, 0u), 0.0, is_greedy);
  let token = token_at(row, size, bound, u);
  tokens[group.x] = token;
  positions[group.x] = position;
  let place = group.x * RING_COLUMNS;
  let chosen = ring[place];
  ring[place + 1u + chosen % (RING_COLUMNS - 1u)] = token;
  ring[place] = chosen + 1u;
}
