// Gradient of the token table of embedding, for tokens that occur at most LONG times in the batch.
//   d_token_table[ids[s], c] += sum over i of d_y[order[i], c],   i from starts[s] to starts[s + 1] - 1
// order [N] row numbers sorted by token, ids, starts: first place in order and token of each segment s
// (segments.ts). d_y [N, C], d_token_table [V, C] Vectors.
// A workgroup has (LANES, ROWS) invocations: row -> segment s; a lane has COLUMNS columns, LANES apart.
// Grid: segments, groups of COLUMNS LANES columns.
// Sums in f32 in the order of the rows. d_token_table is added to in the rows of tokens of the batch only.
// A longer segment is left to embedding_backward_long.
// Assumes COLUMNS * LONG < 65,536.
// Snippets: vector_4 or vector_1. Reference: embedding_reference.ts
override SEGMENTS: u32;
override C: u32; // in Vectors
override V: u32;
override LONG: u32;
override COLUMNS: u32;
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
@group(0) @binding(0) var<storage, read> order: array<u32>;
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> d_y: array<Vector>;
@group(0) @binding(4) var<storage, read_write> d_token_table: array<Vector>;

@compute @workgroup_size(LANES, ROWS)
fn embedding_backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let s = group.x * ROWS + local.y;
  if (s >= SEGMENTS) { return; }
  let start = starts[s];
  let end = starts[s + 1u];
  if (start == end || end - start > LONG) { return; }
  let token = min(ids[s], V - 1u) * C;
  let first = group.y * COLUMNS * LANES + local.x;
  for (var c = first; c < min(C, first + COLUMNS * LANES); c += LANES) {
    var sum = Vector();
    for (var i = start; i < end; i++) { sum += d_y[order[i] * C + c]; }
    d_token_table[token + c] += sum;
  }
}
