// Matrix product by tiles in workgroup memory, for any shape and any device.
//   C[m, n] = sum_k A(m, k) B(k, n),   A(m, k) = a[k, m] with A_TRANSPOSED,   B(k, n) = b[n, k] with B_TRANSPOSED
// a, b: tensors with the geometry of matmul_spec.ts, in floats; C goes through matmul_epilogue.wgsl.
// Workgroup (x, y, z) computes the 64 x 64 tile of C at row 64 y, column 64 x of batch entry z; each of its 16 x 16
// invocations a 4 x 4 block of it, from 16-deep slices of A and B. Sums in f32, in order of k.
// CAUSALITY 1 (skip) leaves tiles above the diagonal as they are; 2 (upto) ends the sum at the last row of the tile;
// 3 (from) starts it at the first.
// The sum runs over K_START <= k < K_STOP: a software adapter stops an invocation after 65,535 loop iterations, so long
// sums are cut into several dispatches.
// Snippets: vector_1, gelu, matmul_epilogue, matmul_operands. Reference: matmul_reference.ts
override CAUSALITY: u32 = 0u;
const TILE = 64u;
const DEPTH = 16u;
var<workgroup> a_tile: array<f32, 1024>; // [DEPTH, TILE]
var<workgroup> b_tile: array<f32, 1024>; // [DEPTH, TILE]

// Neighbouring invocations load neighbouring addresses, whichever dimension that is.
fn load_tiles(z: u32, m0: u32, n0: u32, k0: u32, thread: u32) {
  for (var i = thread; i < TILE * DEPTH; i += 256u) {
    let a_m = select(i / DEPTH, i % TILE, A_TRANSPOSED == 1u);
    let a_k = select(i % DEPTH, i / TILE, A_TRANSPOSED == 1u);
    a_tile[a_k * TILE + a_m] = a_at(z, m0 + a_m, k0 + a_k);
    let b_n = select(i % TILE, i / DEPTH, B_TRANSPOSED == 1u);
    let b_k = select(i / TILE, i % DEPTH, B_TRANSPOSED == 1u);
    b_tile[b_k * TILE + b_n] = b_at(z, k0 + b_k, n0 + b_n);
  }
}

@compute @workgroup_size(16, 16)
fn matmul_tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let z = group.z;
  let m0 = group.y * TILE;
  let n0 = group.x * TILE;
  if (CAUSALITY == 1u && n0 > m0 + TILE - 1u) { return; }
  let k_first = select(shape.k_start, max(shape.k_start, m0), CAUSALITY == 3u);
  let k_end = select(shape.k_stop, min(shape.k_stop, m0 + TILE), CAUSALITY == 2u);
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var k0 = k_first; k0 < k_end; k0 += DEPTH) {
    load_tiles(z, m0, n0, k0, thread);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let a0 = k * TILE + local.y * 4u;
      let b0 = k * TILE + local.x;
      let right = vec4f(b_tile[b0], b_tile[b0 + 16u], b_tile[b0 + 32u], b_tile[b0 + 48u]);
      sum0 += a_tile[a0] * right;
      sum1 += a_tile[a0 + 1u] * right;
      sum2 += a_tile[a0 + 2u] * right;
      sum3 += a_tile[a0 + 3u] * right;
    }
    workgroupBarrier();
  }
  let row = m0 + local.y * 4u;
  let column = n0 + local.x;
  for (var j = 0u; j < 4u; j++) {
    store(z, row, column + 16u * j, sum0[j]);
    store(z, row + 1u, column + 16u * j, sum1[j]);
    store(z, row + 2u, column + 16u * j, sum2[j]);
    store(z, row + 3u, column + 16u * j, sum3[j]);
  }
}
