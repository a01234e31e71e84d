// Writes the keys and values of some rows into the cache.
//   keys[slots[i], positions[i], c] = qkv[i, C + c],   values[slots[i], positions[i], c] = qkv[i, 2 C + c]
// qkv [n, 3 C], keys and values [slots, S, C] Vectors, C counted in Vectors; positions, slots [n]. Invocation
// (c, i) of the grid moves Vector c of row i. A row whose position is not below S is padding and is left out.
// One row of keys and values is overwritten for each row.
// Snippets: vector_4 or vector_1. Reference: cached_attention_reference.ts
override C: u32;
override S: u32;
@group(0) @binding(0) var<storage, read> qkv: array<Vector>;
@group(0) @binding(1) var<storage, read> positions: array<u32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys: array<Vector>;
@group(0) @binding(4) var<storage, read_write> values: array<Vector>;

@compute @workgroup_size(64)
fn cached_attention_append(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  let position = positions[id.y];
  if (c >= C || position >= S) { return; }
  let source = id.y * 3u * C + c;
  let place = (slots[id.y] * S + position) * C + c;
  keys[place] = qkv[source + C];
  values[place] = qkv[source + 2u * C];
}
