// Sums the rows of a matrix block by block; with one block, the whole of it.
//   y[p, c] = sum over n of x[n, c],   n from p * BLOCK to min(N, (p + 1) * BLOCK) - 1
// x [N, C] Vectors, y [BLOCKS, C] Vectors.
// A workgroup has (LANES, ROWS) invocations: row -> block p; a lane has eight columns, LANES apart, because
// walking long stretches of a row is what caches reward.
// Grid: groups of 8 LANES columns, groups of ROWS blocks.
// Sizes are data: constants would be unrolled, which some adapters' compilers take seconds for.
// Sums in f32, in an order fixed by N and BLOCK. y is overwritten, or added to with ACCUMULATE = 1.
// Assumes BLOCK < 65,536.
// Snippets: vector_4 or vector_1. Reference: column_sum_reference.ts
struct ColumnSumShape {
  N: u32,
  C: u32, // in Vectors
  BLOCK: u32,
  BLOCKS: u32,
}
override ACCUMULATE: u32 = 0u;
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read_write> y: array<Vector>;
@group(0) @binding(2) var<uniform> shape: ColumnSumShape;

fn store(p: u32, c: u32, sum: Vector) {
  if (c >= shape.C) { return; }
  if (ACCUMULATE == 1u) {
    y[p * shape.C + c] += sum;
  } else {
    y[p * shape.C + c] = sum;
  }
}

@compute @workgroup_size(LANES, ROWS)
fn column_sum_forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let p = group.y * ROWS + local.y;
  if (p >= shape.BLOCKS) { return; }
  let c0 = group.x * 8u * LANES + local.x;
  let c1 = c0 + LANES;
  let c2 = c1 + LANES;
  let c3 = c2 + LANES;
  let c4 = c3 + LANES;
  let c5 = c4 + LANES;
  let c6 = c5 + LANES;
  let c7 = c6 + LANES;
  // A column beyond the last is read as the last and not stored: a branch for each would cost more.
  let last = shape.C - 1u;
  let x0 = min(c0, last);
  let x1 = min(c1, last);
  let x2 = min(c2, last);
  let x3 = min(c3, last);
  let x4 = min(c4, last);
  let x5 = min(c5, last);
  let x6 = min(c6, last);
  let x7 = min(c7, last);
  var sum0 = Vector();
  var sum1 = Vector();
  var sum2 = Vector();
  var sum3 = Vector();
  var sum4 = Vector();
  var sum5 = Vector();
  var sum6 = Vector();
  var sum7 = Vector();
  let end = min(shape.N, (p + 1u) * shape.BLOCK);
  for (var n = p * shape.BLOCK; n < end; n++) {
    let row = n * shape.C;
    sum0 += x[row + x0];
    sum1 += x[row + x1];
    sum2 += x[row + x2];
    sum3 += x[row + x3];
    sum4 += x[row + x4];
    sum5 += x[row + x5];
    sum6 += x[row + x6];
    sum7 += x[row + x7];
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
