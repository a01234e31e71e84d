// Sums the rows of a matrix block by block; with one block, the whole of it.
//   y[p, c] = sum over n of x[n, c],   n from p * BLOCK to min(N, (p + 1) * BLOCK) - 1
// x [N, C] Vectors, y [BLOCKS, C] Vectors.
// A workgroup has (LANES, ROWS) invocations: row -> block p; a lane has eight columns, LANES apart, because
// walking long stretches of a row is what caches reward.
// Grid: groups of 8 LANES columns, groups of ROWS blocks.
// Sums in f32, in an order fixed by N and BLOCK. y is overwritten, or added to with ACCUMULATE = 1.
// Assumes BLOCK < 65,536.
// Snippets: vector_4 or vector_1. Reference: column_sum_reference.ts
override N: u32;
override C: u32; // in Vectors
override BLOCK: u32;
override BLOCKS: u32;
override ACCUMULATE: u32 = 0u;
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read_write> y: array<Vector>;

fn store(p: u32, c: u32, sum: Vector) {
  if (c >= C) { return; }
  if (ACCUMULATE == 1u) {
    y[p * C + c] += sum;
  } else {
    y[p * C + c] = sum;
  }
}

@compute @workgroup_size(LANES, ROWS)
fn column_sum_forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let p = group.y * ROWS + local.y;
  if (p >= BLOCKS) { return; }
  let c0 = group.x * 8u * LANES + local.x;
  let c1 = c0 + LANES;
  let c2 = c1 + LANES;
  let c3 = c2 + LANES;
  let c4 = c3 + LANES;
  let c5 = c4 + LANES;
  let c6 = c5 + LANES;
  let c7 = c6 + LANES;
  var sum0 = Vector();
  var sum1 = Vector();
  var sum2 = Vector();
  var sum3 = Vector();
  var sum4 = Vector();
  var sum5 = Vector();
  var sum6 = Vector();
  var sum7 = Vector();
  let end = min(N, (p + 1u) * BLOCK);
  for (var n = p * BLOCK; n < end; n++) {
    let row = n * C;
    if (c0 < C) { sum0 += x[row + c0]; }
    if (c1 < C) { sum1 += x[row + c1]; }
    if (c2 < C) { sum2 += x[row + c2]; }
    if (c3 < C) { sum3 += x[row + c3]; }
    if (c4 < C) { sum4 += x[row + c4]; }
    if (c5 < C) { sum5 += x[row + c5]; }
    if (c6 < C) { sum6 += x[row + c6]; }
    if (c7 < C) { sum7 += x[row + c7]; }
  }
  store(p, c0, sum0);
  store(p, c1, sum1);
  store(p, c2, sum2);
  store(p, c3, sum3);
  store(p, c4, sum4);
  store(p, c5, sum5);
  store(p, c6, sum6);
  store(p, c7, sum7);
}
