// Gradients of layer_norm by gamma and beta, summed over blocks of rows; column_sum_forward adds the blocks.
//   d_gamma_partial[p, c] = sum over n of d_y[n, c] (x[n, c] - mean[n]) rstd[n]
//   d_beta_partial[p, c] = sum over n of d_y[n, c],      n from p * BLOCK to min(N, (p + 1) * BLOCK) - 1
// x, d_y [N, C], d_gamma_partial, d_beta_partial [BLOCKS, C] Vectors, statistics [N] pairs (mean, rstd).
// A workgroup has (LANES, ROWS) invocations: row -> block p; a lane has four columns, LANES apart, because
// walking long stretches of a row is what caches reward.
// Grid: groups of 4 LANES columns, groups of ROWS blocks.
// Sums in f32, in an order fixed by N and BLOCK. Both results are overwritten. Assumes BLOCK < 65,536.
// Snippets: vector_4 or vector_1. Reference: layer_norm_reference.ts
struct ParametersShape {
  N: u32,
  C: u32, // in Vectors
  BLOCK: u32,
  BLOCKS: u32,
}
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(2) var<storage, read> d_y: array<Vector>;
@group(0) @binding(3) var<storage, read_write> d_gamma_partial: array<Vector>;
@group(0) @binding(4) var<storage, read_write> d_beta_partial: array<Vector>;
@group(0) @binding(5) var<uniform> shape: ParametersShape;

// Sums over a block of one column.
struct Sums {
  gamma: Vector,
  beta: Vector,
}

fn add_row(sums: ptr<function, Sums>, n: u32, c: u32, statistic: vec2f) {
  let i = n * shape.C + min(c, shape.C - 1u); // beyond the last column: summed, not stored
  let gradient = d_y[i];
  (*sums).gamma += gradient * ((x[i] - statistic.x) * statistic.y);
  (*sums).beta += gradient;
}

fn store(p: u32, c: u32, sums: Sums) {
  if (c >= shape.C) { return; }
  d_gamma_partial[p * shape.C + c] = sums.gamma;
  d_beta_partial[p * shape.C + c] = sums.beta;
}

@compute @workgroup_size(LANES, ROWS)
fn layer_norm_backward_parameters(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let p = group.y * ROWS + local.y;
  if (p >= shape.BLOCKS) { return; }
  let c0 = group.x * 4u * LANES + local.x;
  let c1 = c0 + LANES;
  let c2 = c1 + LANES;
  let c3 = c2 + LANES;
  var sums0 = Sums();
  var sums1 = Sums();
  var sums2 = Sums();
  var sums3 = Sums();
  let end = min(shape.N, (p + 1u) * shape.BLOCK);
  for (var n = p * shape.BLOCK; n < end; n++) {
    let statistic = statistics[n];
    add_row(&sums0, n, c0, statistic);
    add_row(&sums1, n, c1, statistic);
    add_row(&sums2, n, c2, statistic);
    add_row(&sums3, n, c3, statistic);
  }
  store(p, c0, sums0);
  store(p, c1, sums1);
  store(p, c2, sums2);
  store(p, c3, sums3);
}
