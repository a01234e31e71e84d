// Matrix product by tiles in workgroup memory, 4 x 4 results an invocation: for GPUs and products of which larger tiles
// would be too few, four times the invocations of matmul_tile_8x8.wgsl for the same tile.
//   C[m, n] = sum_k A(m, k) B(k, n)
// a, b through matmul_tile_slices.wgsl, C through matmul_epilogue.wgsl, all in vectors of four.
// Workgroup (x, y, z) computes the SIDE x SIDE tile of C at row SIDE y, column SIDE x of batch entry z; invocation (x, y) of
// its SIDE / 4 x SIDE / 4 rows 4 y to 4 y + 3 and columns 4 x to 4 x + 3 of it. Sums in f32, in order of k, over
// shape.k_start <= k < shape.k_stop; with shape.k_part the sum is split, batch entry z has the k_part terms from
// k_start + z k_part on and matmul_split_sum.wgsl adds the parts.
// CAUSALITY 1 (skip) leaves tiles above the diagonal as they are; 2 (upto) ends the sum at the last row of the tile;
// 3 (from) starts it at the first.
// The loop over k is written out four terms a turn: the bound that the WGSL compiler adds to loops keeps drivers from it.
// Snippets: lines SIDE, THREADS = (SIDE / 4)^2 and Weight; vector_4, gelu, matmul_epilogue, matmul_tile_slices.
// Reference: matmul_reference.ts
override CAUSALITY: u32 = 0u;

// Term k of the 16 sums; a_at and b_at are the vectors of this invocation in row k of the slices.
fn term(a_at: u32, b_at: u32) -> mat4x4f {
  let left = a_tile[a_at];
  let right = vec4f(b_tile[b_at]);
  return mat4x4f(left.x * right, left.y * right, left.z * right, left.w * right);
}

@compute @workgroup_size(COLUMNS, COLUMNS)
fn matmul_tile_4x4(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let z = group.z;
  let m0 = group.y * SIDE;
  let n0 = group.x * SIDE;
  if (CAUSALITY == 1u && n0 > m0 + SIDE - 1u) { return; }
  let part_start = shape.k_start + z * shape.k_part;
  let part_stop = select(shape.k_stop, min(shape.k_stop, part_start + shape.k_part), shape.k_part > 0u);
  let k_first = select(part_start, max(part_start, m0), CAUSALITY == 3u);
  let k_end = select(part_stop, min(part_stop, m0 + SIDE), CAUSALITY == 2u);
  var sums = mat4x4f(); // its columns are rows of C
  for (var k0 = k_first; k0 < k_end; k0 += DEPTH) {
    load_a_tile(z, m0, k0, thread);
    load_b_tile(z, n0, k0, thread);
    workgroupBarrier();
    for (var part = 0u; part < PARTS; part++) {
      let row = part * 4u * COLUMNS;
      let a_at = row + tile_column(part, local.y);
      let b_at = row + tile_column(part, local.x);
      sums += term(a_at, b_at);
      sums += term(a_at + COLUMNS, b_at + COLUMNS);
      sums += term(a_at + 2u * COLUMNS, b_at + 2u * COLUMNS);
      sums += term(a_at + 3u * COLUMNS, b_at + 3u * COLUMNS);
    }
    workgroupBarrier();
  }
  let m = m0 + local.y * 4u;
  let n = n0 / 4u + local.x;
  store(z, m, n, sums[0]);
  store(z, m + 1u, n, sums[1]);
  store(z, m + 2u, n, sums[2]);
  store(z, m + 3u, n, sums[3]);
}
