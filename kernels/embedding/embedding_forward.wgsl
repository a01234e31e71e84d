// Looks up the vectors of tokens and adds those of their positions.
//   y[n, c] = token_table[tokens[n], c] + position_table[positions[n], c]
// tokens, positions u32 [N]; token_table [V, C], position_table [P, C], y [N, C] Vectors.
// A workgroup has (LANES, ROWS) invocations: LANES of them share row n.
// token_table holds rows FIRST to FIRST + ROWS_HERE - 1 of V: a table larger than a binding is looked up piece by piece, and
// only rows whose token is in the piece are overwritten. Ids beyond the tables are clamped: refusing them is the duty of
// the host.
// Snippets: vector_4 or vector_1. Reference: embedding_reference.ts
override N: u32;
override C: u32; // in Vectors
override V: u32;
override FIRST: u32;
override ROWS_HERE: u32;
override P: u32;
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read> positions: array<u32>;
@group(0) @binding(2) var<storage, read> token_table: array<Vector>;
@group(0) @binding(3) var<storage, read> position_table: array<Vector>;
@group(0) @binding(4) var<storage, read_write> y: array<Vector>;

@compute @workgroup_size(LANES, ROWS)
fn embedding_forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let n = (group.y * groups.x + group.x) * ROWS + local.y;
  if (n >= N) { return; }
  let row = min(tokens[n], V - 1u);
  if (row < FIRST || row >= FIRST + ROWS_HERE) { return; }
  let token = (row - FIRST) * C;
  let position = min(positions[n], P - 1u) * C;
  for (var c = local.x; c < C; c += LANES) {
    y[n * C + c] = token_table[token + c] + position_table[position + c];
  }
}
