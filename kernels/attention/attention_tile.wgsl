// What the attention kernels of GPUs have in common. A workgroup of LANES by GROUPS invocations owns ROWS rows
// of a head (queries, or keys where keys get gradients), four of them each group, and goes through the other
// side in tiles of TILE members: first a lane computes the products of its four rows with PER_LANE members of
// the tile, then it sums, for one Vector of channels, the members of the tile by their weights. Lanes of a group
// learn of each other's weights through workgroup memory; no subgroups.
// Before the file: const LANES = Vectors of a head, GROUPS, PER_LANE. Snippets: attention_shape.
const ROWS = 4u * GROUPS;
const TILE = LANES * PER_LANE;
const STRIDE = LANES + 1u; // odd more often than LANES: lanes that read one column fall into different banks
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
var<workgroup> tile: array<vec4f, TILE * STRIDE>; // [member, Vector of channels]
var<workgroup> weights: array<vec4f, GROUPS * TILE>; // [group, member] of four rows

// Rows start to start + TILE - 1 of a sequence, from `column` on; those beyond the last repeat it.
fn load_tile(sequence: u32, start: u32, column: u32, thread: u32) {
  for (var i = thread; i < TILE * LANES; i += LANES * GROUPS) {
    let row = sequence + min(start + i / LANES, shape.T - 1u);
    tile[i / LANES * STRIDE + i % LANES] = qkv[row * 3u * shape.H * shape.D + column + i % LANES];
  }
}

// Products of the rows of qkv that start at `rows` with the members lane, lane + LANES, ... of the tile.
fn products(rows: vec4u, lane: u32) -> array<vec4f, PER_LANE> {
  var sums: array<vec4f, PER_LANE>;
  for (var d = 0u; d < LANES; d++) {
    let a = qkv[rows.x + d];
    let b = qkv[rows.y + d];
    let c = qkv[rows.z + d];
    let e = qkv[rows.w + d];
    for (var i = 0u; i < PER_LANE; i++) {
      let member = tile[(i * LANES + lane) * STRIDE + d];
      sums[i] += vec4f(dot(a, member), dot(b, member), dot(c, member), dot(e, member));
    }
  }
  return sums;
}

// Sum over the members of the tile, for each row of the group: its weight times this lane's channels.
fn weigh(group: u32, lane: u32) -> mat4x4f {
  var sums: mat4x4f;
  for (var member = 0u; member < TILE; member++) {
    let weight = weights[group * TILE + member];
    let value = tile[member * STRIDE + lane];
    sums += mat4x4f(weight.x * value, weight.y * value, weight.z * value, weight.w * value);
  }
  return sums;
}

fn kept4(z: u32, queries: vec4u, keys: vec4u) -> vec4f {
  return vec4f(
    kept(z, queries.x, keys.x),
    kept(z, queries.y, keys.y),
    kept(z, queries.z, keys.z),
    kept(z, queries.w, keys.w),
  );
}
