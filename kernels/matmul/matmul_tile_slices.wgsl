// Slices of both operands of a product in workgroup memory, for the tile kernels that read whole vectors.
//   a_tile[k, m] = A(m0 + m, k0 + k),   b_tile[k, n] = B(k0 + k, n0 + n),   0 <= k < DEPTH, 0 <= m, n < SIDE
//   A(m, k) = a[k, m] with A_TRANSPOSED, else a[m, k];   B(k, n) = b[n, k] with B_TRANSPOSED, else b[k, n]
// a, b: tensors with the geometry of matmul_spec.ts, in vectors of four along the row; batch entry z selects where in the
// tensor the matrix lies. Terms at and beyond K are 0; so are rows beyond M and columns beyond N, up to the last vector.
// b is of type Weight: vec4f, or vec4h for f16 copies of parameters, which stay f16 in workgroup memory.
// An invocation moves blocks of 4 k by 4 m or n: four loads, transposed in registers where k runs along the rows, four
// stores. Columns of a slice are permuted by tile_column(), so that the stores of a transposed block meet in no bank.
// Needs: lines `const SIDE`, `const THREADS` and `alias Weight` set before; matmul_epilogue for `shape`.
// Assumes that pitches and columns of a and b are whole vectors. Reference: matmul_reference.ts
override A_TRANSPOSED: u32 = 0u;
override B_TRANSPOSED: u32 = 0u;
const DEPTH = 16u;
const COLUMNS = SIDE / 4u; // vectors in a row of a slice
const PARTS = DEPTH / 4u; // groups of four k in a slice
const BLOCKS = PARTS * COLUMNS;
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<Weight>;
var<workgroup> a_tile: array<vec4f, DEPTH * COLUMNS>;
var<workgroup> b_tile: array<Weight, DEPTH * COLUMNS>;

// Where a column stands within the rows 4 part to 4 part + 3 of a slice.
fn tile_column(part: u32, column: u32) -> u32 {
  return column ^ ((part & 3u) * 2u);
}

// A vector whose first term is k, without the terms that are none.
fn terms_within(value: vec4f, k: u32) -> vec4f {
  return select(vec4f(), value, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(shape.K));
}

// Four terms of row m.
fn a_terms(first: u32, m: u32, k: u32) -> vec4f {
  if (m >= shape.M || k >= shape.K) { return vec4f(); }
  return terms_within(a[first + m * shape.a_pitch + k / 4u], k);
}

// Term k of four rows.
fn a_rows(first: u32, m: u32, k: u32) -> vec4f {
  if (m >= shape.M || k >= shape.K) { return vec4f(); }
  return a[first + k * shape.a_pitch + m / 4u];
}

// Four terms of column n.
fn b_terms(first: u32, n: u32, k: u32) -> vec4f {
  if (n >= shape.columns || k >= shape.K) { return vec4f(); }
  return terms_within(vec4f(b[first + n * shape.b_pitch + k / 4u]), k);
}

// Term k of four columns.
fn b_columns(first: u32, n: u32, k: u32) -> vec4f {
  if (n >= shape.columns || k >= shape.K) { return vec4f(); }
  return vec4f(b[first + k * shape.b_pitch + n / 4u]);
}

fn load_a_tile(z: u32, m0: u32, k0: u32, thread: u32) {
  let head = z % shape.heads;
  let row = (z / shape.heads) * shape.a_rows_per_batch + head * shape.a_rows_per_head;
  let first = row * shape.a_pitch + shape.a_column + head * shape.a_columns_per_head;
  for (var i = thread; i < BLOCKS; i += THREADS) {
    // Neighbours read neighbouring vectors, whichever dimension that is.
    let part = select(i % PARTS, i / COLUMNS, A_TRANSPOSED == 1u);
    let column = select(i / PARTS, i % COLUMNS, A_TRANSPOSED == 1u);
    let m = m0 + column * 4u;
    let k = k0 + part * 4u;
    var block: mat4x4f;
    if (A_TRANSPOSED == 1u) {
      block = mat4x4f(
        a_rows(first, m, k), a_rows(first, m, k + 1u), a_rows(first, m, k + 2u), a_rows(first, m, k + 3u));
    } else {
      block = transpose(mat4x4f(
        a_terms(first, m, k), a_terms(first, m + 1u, k), a_terms(first, m + 2u, k), a_terms(first, m + 3u, k)));
    }
    let at = part * 4u * COLUMNS + tile_column(part, column);
    a_tile[at] = block[0];
    a_tile[at + COLUMNS] = block[1];
    a_tile[at + 2u * COLUMNS] = block[2];
    a_tile[at + 3u * COLUMNS] = block[3];
  }
}

fn load_b_tile(z: u32, n0: u32, k0: u32, thread: u32) {
  let head = z % shape.heads;
  let row = (z / shape.heads) * shape.b_rows_per_batch + head * shape.b_rows_per_head;
  let first = row * shape.b_pitch + shape.b_column + head * shape.b_columns_per_head;
  // The invocations that have no block of a come first.
  for (var i = (thread + THREADS / 2u) % THREADS; i < BLOCKS; i += THREADS) {
    let part = select(i / COLUMNS, i % PARTS, B_TRANSPOSED == 1u);
    let column = select(i % COLUMNS, i / PARTS, B_TRANSPOSED == 1u);
    let n = n0 + column * 4u;
    let k = k0 + part * 4u;
    var block: mat4x4f;
    if (B_TRANSPOSED == 1u) {
      block = transpose(mat4x4f(
        b_terms(first, n, k), b_terms(first, n + 1u, k), b_terms(first, n + 2u, k), b_terms(first, n + 3u, k)));
    } else {
      block = mat4x4f(b_columns(first, n, k), b_columns(first, n, k + 1u), b_columns(first, n, k + 2u),
        b_columns(first, n, k + 3u));
    }
    let at = part * 4u * COLUMNS + tile_column(part, column);
    b_tile[at] = Weight(block[0]);
    b_tile[at + COLUMNS] = Weight(block[1]);
    b_tile[at + 2u * COLUMNS] = Weight(block[2]);
    b_tile[at + 3u * COLUMNS] = Weight(block[3]);
  }
}
