// Chooses one token for each row of logits.
//   top-k: kept if l[v] >= the top_k-th highest l        w[v] = exp((l[v] - max l) / temperature) if kept, else 0
//   top-p: of these, kept if l[v] >= t, the highest t with sum over l[v] >= t of w[v] >= top_p sum_v w[v]
//   tokens[i] = the first v with w[0] + ... + w[v] > u (w[0] + ... + w[VOCAB_SIZE - 1]),   u = random in [0, 1)
//   temperature 0: the first v with l[v] = max l;   positions[i] += 1;   ring[i] takes the token and counts it
// logits [n, PITCH] Vectors, l[v] for v < VOCAB_SIZE; control [n]; tokens, positions [n]; ring [n,
// RING_COLUMNS]. Workgroup i of ROWS waves of LANES chooses for row i, each invocation from a chunk of consecutive
// ids. Both thresholds by bisection over the floats in their order, exact after 32 rounds: a round adds up what is
// not below its middle. Rounds over the whole row would be most of a token's time, so first come the candidates:
// the r-th highest of the chunks' maxima has at least r logits at or above it, all that top-k = r can keep, and
// mostly all that top-p keeps. Where they do not suffice or are too many, the whole row it is. Sums in f32 by fixed
// trees. NaN and what is below -1.7e38 count as -1.7e38, what is above 1.7e38 as that. Rows of position
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
// Logits at or above a bound and their ids, in order of ids.
const MOST_CANDIDATES = 1024u;
var<workgroup> candidate_logits: array<f32, MOST_CANDIDATES>;
var<workgroup> candidate_ids: array<u32, MOST_CANDIDATES>;
var<workgroup> num_candidates: u32;
var<workgroup> rounds_are_left: u32;
const LIMIT = 1.7e38f;
const SITE = 0u;
const PADDING = 0xffffffffu;

// The row a workgroup works on: its first Vector, its highest logit, 1 / temperature, and how many candidates stand
// for it; 0 for the row itself.
struct Row {
  first: u32,
  most: f32,
  inverse: f32,
  candidates: u32,
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
fn candidate_weight(row: Row, i: u32, bound: f32) -> f32 {
  let value = candidate_logits[i];
  return select(0.0, exp((value - row.most) * row.inverse), value >= bound);
}
// Sum of the weights from Vector or candidate `start` of each invocation.
fn weight_sum(row: Row, start: u32, bound: f32, local: vec3u) -> f32 {
  var sum = 0.0;
  if (row.candidates > 0u) {
    for (var i = start; i < row.candidates; i += LANES * ROWS) { sum += candidate_weight(row, i, bound); }
  } else {
    var sums = Vector();
    for (var i = start; i < PITCH; i += LANES * ROWS) { sums += weight(row, i, bound); }
    sum = total(sums);
  }
  return group_sum(sum, local);
}
// Place of a float among all floats in their order, and back.
fn place_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn float_at(place: u32) -> f32 {
  return bitcast<f32>(select(~place, place & 0x7fffffffu, place >= 0x80000000u));
}
// Whether a bisection goes on: all invocations know the same, and the compiler has to know that they do.
fn is_open(low: u32, high: u32, local: vec3u) -> bool {
  if (local.x + local.y == 0u) { rounds_are_left = u32(low < high); }
  return workgroupUniformLoad(&rounds_are_left) == 1u;
}
// The highest bound, from `lowest` up, above which tokens still weigh `wanted` together.
fn highest_bound(row: Row, lowest: f32, wanted: f32, local: vec3u) -> f32 {
  var low = place_of(lowest);
  var high = place_of(row.most);
  for (var round = 0u; round < 32u; round++) {
    let middle = low + (high - low + 1u) / 2u;
    if (!is_open(low, high, local)) { break; }
    let sum = weight_sum(row, local.y * LANES + local.x, float_at(middle), local);
    if (sum >= wanted) { low = middle; } else { high = middle - 1u; }
    if (sum == wanted) { high = low; }
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

// The `rank`-th highest of the invocations' values, at least -LIMIT.
fn ranked(value: f32, most: f32, rank: f32, local: vec3u) -> f32 {
  var low = place_of(-LIMIT);
  var high = place_of(most);
  for (var round = 0u; round < 32u; round++) {
    let middle = low + (high - low + 1u) / 2u;
    if (!is_open(low, high, local)) { break; }
    let count = group_sum(select(0.0, 1.0, value >= float_at(middle)), local);
    if (count >= rank) { low = middle; } else { high = middle - 1u; }
    if (count == rank) { high = low; }
  }
  return float_at(low);
}
// Collects the logits at or above the bound, if they are not too many. Their number.
fn collect(first: u32, chunk: vec2u, bound: f32, local: vec3u) -> u32 {
  let own = local.y * LANES + local.x;
  var counts = Vector();
  for (var i = chunk.x; i < chunk.y; i++) {
    counts += select(Vector(), Vector(1.0), logit(first, i) >= Vector(bound));
  }
  of_chunks[own] = total(counts);
  workgroupBarrier();
  if (own == 0u) {
    var before = 0.0;
    for (var i = 0u; i < LANES * ROWS; i++) {
      let count = of_chunks[i];
      of_chunks[i] = before;
      before += count;
    }
    num_candidates = u32(before);
  }
  let count = workgroupUniformLoad(&num_candidates);
  if (count <= MOST_CANDIDATES && total(counts) > 0.0) {
    var place = u32(of_chunks[own]);
    for (var i = chunk.x; i < chunk.y; i++) {
      let value = logit(first, i);
      for (var e = 0u; e < VECTOR_WIDTH; e++) {
        let one = total(select(Vector(), value, elements(0u) == VectorIndex(e)));
        if (one >= bound) {
          candidate_logits[place] = one;
          candidate_ids[place] = i * VECTOR_WIDTH + e;
          place++;
        }
      }
    }
  }
  workgroupBarrier();
  return count;
}
// The candidate at the fraction u of all weights.
fn candidate_at(row: Row, bound: f32, u: f32) -> u32 {
  var all = 0.0;
  for (var i = 0u; i < row.candidates; i++) { all += candidate_weight(row, i, bound); }
  var token = 0u;
  var sum = 0.0;
  for (var i = 0u; i < row.candidates && (sum == 0.0 || sum <= u * all); i++) {
    let weight = candidate_weight(row, i, bound);
    if (weight > 0.0) { token = candidate_ids[i]; }
    sum += weight;
  }
  return token;
}
// Finds the candidates of a row and whether they are all that top-k, or top-p alone, can keep. Their number, or 0.
fn candidates_of(row: Row, settings: SamplingControl, chunk: vec2u, own_most: f32, all: f32, local: vec3u) -> u32 {
  let cuts_k = all == 0.0;
  let is_ranked = cuts_k && settings.top_k <= LANES * ROWS;
  let rank = select(LANES * ROWS / 2u, settings.top_k, is_ranked);
  let least = ranked(own_most, row.most, f32(rank), local);
  let count = collect(row.first, chunk, least, local);
  // What they weigh matters to top-p alone: rounds over none cost little.
  let start = select(local.y * LANES + local.x, 0xffffffffu, cuts_k);
  let weight = weight_sum(Row(row.first, row.most, row.inverse, min(count, MOST_CANDIDATES)), start, least, local);
  let are_all = select(weight >= settings.top_p * all, count >= settings.top_k, cuts_k);
  return select(0u, count, are_all && count <= MOST_CANDIDATES);
}
// The lowest logit that is kept; `all` is what the whole row weighs, 0 where top-k cuts first.
fn lowest_kept(row: Row, settings: SamplingControl, all: f32, local: vec3u) -> f32 {
  var bound = -LIMIT;
  var kept = all;
  if (all == 0.0) {
    // at 1 / temperature = 0 every token weighs 1
    bound = highest_bound(Row(row.first, row.most, 0.0, row.candidates), bound, f32(settings.top_k), local);
    kept = weight_sum(row, local.y * LANES + local.x, bound, local);
  }
  if (settings.top_p < 1.0) { bound = highest_bound(row, bound, settings.top_p * kept, local); }
  return bound;
}

@compute @workgroup_size(LANES, ROWS)
fn sampling_draw(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let own = local.y * LANES + local.x;
  let settings = control[group.x];
  let is_greedy = settings.temperature == 0.0;
  // one chunk of consecutive ids for each invocation
  let size = (PITCH + LANES * ROWS - 1u) / (LANES * ROWS);
  let chunk = vec2u(own * size, min(PITCH, (own + 1u) * size));
  var row = Row(group.x * PITCH, -LIMIT, select(1.0 / settings.temperature, 0.0, is_greedy), 0u);
  var own_most = -2.0 * LIMIT;
  for (var i = chunk.x; i < chunk.y; i++) { own_most = max(own_most, highest(logit(row.first, i))); }
  row.most = group_max(own_most, local);

  var bound = select(-LIMIT, row.most, is_greedy);
  let cuts_k = settings.top_k > 0u && settings.top_k < VOCAB_SIZE;
  if (!is_greedy && (cuts_k || settings.top_p < 1.0)) {
    let start = select(own, PITCH, cuts_k);
    let all = weight_sum(row, start, -LIMIT, local);
    // A short row is its own candidates.
    if (PITCH > 4u * LANES * ROWS) {
      row.candidates = candidates_of(row, settings, chunk, own_most, all, local);
    }
    bound = lowest_kept(row, settings, all, local);
  }

  var sum = 0.0;
  let end = select(chunk.y, 0u, row.candidates > 0u);
  for (var i = chunk.x; i < end; i++) { sum += total(weight(row, i, bound)); }
  of_chunks[own] = sum;
  workgroupBarrier();
  if (own != 0u || positions[group.x] == PADDING) { return; }
  let position = positions[group.x] + 1u;
  let u = select(random_unit(settings.seed, position, SITE, settings.stream, 0u), 0.0, is_greedy);
  var token = 0u;
  if (row.candidates > 0u) { token = candidate_at(row, bound, u); } else { token = token_at(row, size, bound, u); }
  tokens[group.x] = token;
  positions[group.x] = position;
  let place = group.x * RING_COLUMNS;
  let chosen = ring[place];
  ring[place + 1u + chosen % (RING_COLUMNS - 1u)] = token;
  ring[place] = chosen + 1u;
}
