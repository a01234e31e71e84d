// What happens to a value of C on its way to memory; shared by all matmul kernels.
//   pre_activation[i] = value + bias[column] (+ c[i] with ACCUMULATE)
//   c[i] = activation(pre_activation[i]) + beside[i],   or   pre_activation[i] activation'(beside[i])
// c [rows, C_PITCH], pre_activation and beside, as Vectors; bias [N] as Vectors. Row and column are those of the matrix; the
// batch entry z selects where in the tensor it lies, as in matmul_spec.ts. Sums in f32.
// Snippets: vector_4 or vector_1, gelu. Reference: matmul_reference.ts
struct MatmulShape {
  M: u32,
  N: u32, // in Vectors
  K: u32,
  heads: u32,
  // pitches and columns of c in Vectors, those of a and b as their kernel reads them
  c_pitch: u32,
  c_rows_per_batch: u32,
  c_rows_per_head: u32,
  c_column: u32,
  c_columns_per_head: u32,
  a_pitch: u32,
  a_rows_per_batch: u32,
  a_rows_per_head: u32,
  a_column: u32,
  a_columns_per_head: u32,
  b_pitch: u32,
  b_rows_per_batch: u32,
  b_rows_per_head: u32,
  b_column: u32,
  b_columns_per_head: u32,
  k_start: u32,
  k_stop: u32,
  k_part: u32, // terms of each part of a split sum, 0 where it is whole
  columns: u32, // N in floats
}
override ACCUMULATE: u32 = 0u;
override HAS_BIAS: u32 = 0u; // 0 no, 1 added here, 2 the kernel's sums start from bias_of()
override HAS_PRE_ACTIVATION: u32 = 0u;
override ACTIVATION: u32 = 0u; // 0 none, 1 gelu, 2 relu
override BESIDE: u32 = 0u; // 0 unused, 1 a residual to add, 2 and 3 what gelu and relu were applied to
@group(0) @binding(2) var<storage, read_write> c: array<Vector>;
@group(0) @binding(3) var<storage, read> bias: array<Vector>;
@group(0) @binding(4) var<storage, read_write> pre_activation: array<Vector>;
@group(0) @binding(5) var<uniform> shape: MatmulShape;
@group(0) @binding(6) var<storage, read> beside: array<Vector>;

// What the sums of a column start from: one load for all of a kernel's rows.
fn bias_of(column: u32) -> Vector {
  if (HAS_BIAS != 2u || column >= shape.N) { return Vector(); }
  return bias[column];
}

fn store(z: u32, row: u32, column: u32, product: Vector) {
  if (row >= shape.M || column >= shape.N) { return; }
  let head = z % shape.heads;
  let c_row = (z / shape.heads) * shape.c_rows_per_batch + head * shape.c_rows_per_head + row;
  let i = c_row * shape.c_pitch + shape.c_column + head * shape.c_columns_per_head + column;
  var value = product;
  if (HAS_BIAS == 1u) { value += bias[column]; }
  if (ACCUMULATE == 1u) { value += c[i]; }
  if (HAS_PRE_ACTIVATION == 1u) { pre_activation[i] = value; }
  if (ACTIVATION == 1u) { value = gelu(value); }
  if (ACTIVATION == 2u) { value = select(value, Vector(), value <= Vector()); }
  if (BESIDE == 1u) { value += beside[i]; }
  if (BESIDE == 2u) { value *= gelu_derivative(beside[i]); }
  if (BESIDE == 3u) { value = select(value, Vector(), beside[i] <= Vector()); }
  c[i] = value;
}
