// Matrix product by tiles in workgroup memory, 8 x 8 results an invocation: for GPUs and products that fill them.
//   C[m, n] = sum_k A(m, k) B(k, n)
// a, b through matmul_tile_slices.wgsl, C through matmul_epilogue.wgsl, all in vectors of four.
// Workgroup (x, y, z) computes the SIDE x SIDE tile of C at row SIDE y, column SIDE x of batch entry z. Invocation (x, y) of
// its SIDE / 8 x SIDE / 8 has rows 4 y to 4 y + 3 and columns 4 x to 4 x + 3 of each quarter of the tile: what neighbours read
// of a slice lies side by side. Sums in f32, in order of k, over shape.k_start <= k < shape.k_stop; with shape.k_part the
// sum is split, batch entry z has the k_part terms from k_start + z k_part on and matmul_split_sum.wgsl adds the parts.
// CAUSALITY 1 (skip) leaves tiles above the diagonal as they are; 2 (upto) ends the sum at the last row of the tile;
// 3 (from) starts it at the first.
// The loop over k is written out four terms a turn: the bound that the WGSL compiler adds to loops keeps drivers from it.
// Snippets: lines SIDE, THREADS = (SIDE / 8)^2 and Weight; vector_4, gelu, matmul_epilogue, matmul_tile_slices.
// Reference: matmul_reference.ts
override CAUSALITY: u32 = 0u;
const HALF = SIDE / 8u; // vectors in half a row of a slice

// The results of an invocation: quarters by row of the tile, columns of a matrix are rows of C.
struct Results {
  top_left: mat4x4f,
  top_right: mat4x4f,
  bottom_left: mat4x4f,
  bottom_right: mat4x4f,
}

fn products(left: vec4f, right: vec4f) -> mat4x4f {
  return mat4x4f(left.x * right, left.y * right, left.z * right, left.w * right);
}

// Adds one term to every sum; a_at and b_at are the vectors of this invocation in row k of the slices.
fn add_term(sums: ptr<function, Results>, a_at: u32, b_at: u32) {
  let top = a_tile[a_at];
  let bottom = a_tile[a_at + HALF];
  let left = vec4f(b_tile[b_at]);
  let right = vec4f(b_tile[b_at + HALF]);
  (*sums).top_left += products(top, left);
  (*sums).top_right += products(top, right);
  (*sums).bottom_left += products(bottom, left);
  (*sums).bottom_right += products(bottom, right);
}

fn store_quarter(z: u32, m: u32, n: u32, rows: mat4x4f) {
  store(z, m, n, rows[0]);
  store(z, m + 1u, n, rows[1]);
  store(z, m + 2u, n, rows[2]);
  store(z, m + 3u, n, rows[3]);
}

@compute @workgroup_size(HALF, HALF)
fn matmul_tile_8x8(
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
  var sums = Results();
  for (var k0 = k_first; k0 < k_end; k0 += DEPTH) {
    load_a_tile(z, m0, k0, thread);
    load_b_tile(z, n0, k0, thread);
    workgroupBarrier();
    for (var part = 0u; part < PARTS; part++) {
      let row = part * 4u * COLUMNS;
      // HALF is a multiple of the permuted groups: one permutation serves both halves.
      let a_at = row + tile_column(part, local.y);
      let b_at = row + tile_column(part, local.x);
      add_term(&sums, a_at, b_at);
      add_term(&sums, a_at + COLUMNS, b_at + COLUMNS);
      add_term(&sums, a_at + 2u * COLUMNS, b_at + 2u * COLUMNS);
      add_term(&sums, a_at + 3u * COLUMNS, b_at + 3u * COLUMNS);
    }
    workgroupBarrier();
  }
  let m = m0 + local.y * 4u;
  let n = n0 / 4u + local.x;
  store_quarter(z, m, n, sums.top_left);
  store_quarter(z, m, n + HALF, sums.top_right);
  store_quarter(z, m + SIDE / 2u, n, sums.bottom_left);
  store_quarter(z, m + SIDE / 2u, n + HALF, sums.bottom_right);
}
