// Gradient of the token table of embedding, for tokens that occur more than LONG times in the batch.
//   d_token_table[ids[s], c] += sum over i of d_y[order[i], c],   i from starts[s] to starts[s + 1] - 1
// Bindings as in embedding_backward.wgsl; segments.ts puts long segments first, so few workgroups look
// for them.
// A workgroup of (LANES, PARTS) invocations has one segment s and LANES columns c; part p sums rows
// start + p, start + p + PARTS and so on, then a tree in workgroup memory adds the parts.
// Grid: segments, groups of LANES columns.
// Sums in f32, in an order fixed by the length of the segment. d_token_table is added to.
// Assumes PARTS a power of two, LANES * PARTS <= 256 and segments of fewer than 65,536 * PARTS rows.
// Snippets: vector_4 or vector_1. Reference: embedding_reference.ts
override C: u32; // in Vectors
override V: u32;
override LONG: u32;
override LANES: u32 = 8u;
override PARTS: u32 = 8u;
@group(0) @binding(0) var<storage, read> order: array<u32>;
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read> d_y: array<Vector>;
@group(0) @binding(4) var<storage, read_write> d_token_table: array<Vector>;
var<workgroup> sums: array<Vector, 256>;

@compute @workgroup_size(LANES, PARTS)
fn embedding_backward_long(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let s = group.x;
  let c = min(group.y * LANES + local.x, C - 1u);
  let start = starts[s];
  let end = starts[s + 1u];
  // A short segment leaves the loop empty; barriers need everyone.
  let stop = select(start, end, end - start > LONG);
  var sum = Vector();
  for (var i = start + local.y; i < stop; i += PARTS) { sum += d_y[order[i] * C + c]; }
  sums[local.y * LANES + local.x] = sum;
  workgroupBarrier();
  for (var parts = PARTS / 2u; parts > 0u; parts /= 2u) {
    if (local.y < parts) {
      sums[local.y * LANES + local.x] += sums[(local.y + parts) * LANES + local.x];
    }
    workgroupBarrier();
  }
  if (local.y == 0u && stop > start && group.y * LANES + local.x < C) {
    d_token_table[min(ids[s], V - 1u) * C + c] += sums[local.x];
  }
}
