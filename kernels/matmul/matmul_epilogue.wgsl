// What happens to a value of C on its way to memory; shared by all matmul kernels.
//   pre_activation[i] = value + bias[column] (+ c[i] with ACCUMULATE)
//   c[i] = activation(pre_activation[i])
// c [rows, C_PITCH] and pre_activation, as Vectors; bias [N] as Vectors. Row and column are those of the matrix; the
// batch entry z selects where in the tensor it lies, as in matmul_spec.ts. Sums in f32.
// Snippets: vector_4 or vector_1, gelu. Reference: matmul_reference.ts
override M: u32;
override N: u32; // in Vectors
override K: u32;
override HEADS: u32 = 1u;
override C_PITCH: u32; // in Vectors, like the columns below
override C_ROWS_PER_BATCH: u32 = 0u;
override C_ROWS_PER_HEAD: u32 = 0u;
override C_COLUMN: u32 = 0u;
override C_COLUMNS_PER_HEAD: u32 = 0u;
override ACCUMULATE: u32 = 0u;
override HAS_BIAS: u32 = 0u;
override HAS_PRE_ACTIVATION: u32 = 0u;
override ACTIVATION: u32 = 0u; // 0 none, 1 gelu, 2 relu
@group(0) @binding(2) var<storage, read_write> c: array<Vector>;
@group(0) @binding(3) var<storage, read> bias: array<Vector>;
@group(0) @binding(4) var<storage, read_write> pre_activation: array<Vector>;

fn store(z: u32, row: u32, column: u32, product: Vector) {
  if (row >= M || column >= N) { return; }
  let head = z % HEADS;
  let c_row = (z / HEADS) * C_ROWS_PER_BATCH + head * C_ROWS_PER_HEAD + row;
  let i = c_row * C_PITCH + C_COLUMN + head * C_COLUMNS_PER_HEAD + column;
  var value = product;
  if (HAS_BIAS == 1u) { value += bias[column]; }
  if (ACCUMULATE == 1u) { value += c[i]; }
  if (HAS_PRE_ACTIVATION == 1u) { pre_activation[i] = value; }
  if (ACTIVATION == 1u) { value = gelu(value); }
  if (ACTIVATION == 2u) { value = max(value, Vector()); }
  c[i] = value;
}
