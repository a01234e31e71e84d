// Rows of A for products with few rows, normalised on the way in with NORM = 1.
//   left[m, k] = a[m, k], or (a[m, k] - mean[m]) rstd[m] gamma[k] + beta[k]        (no beta with HAS_BETA = 0)
// a [M, K], gamma, beta [K] in Vectors of four. Every workgroup finds mean and rstd of its row itself, in INVOCATIONS parts
// that are added in a tree: K is short against the weights it reads. Sums in f32, the variance about the mean.
// Before the file: const INVOCATIONS, a power of two, at most 256. Snippets: matmul_epilogue. Uniform control flow.
override NORM: u32 = 0u;
override HAS_BETA: u32 = 0u;
override EPSILON: f32 = 0.0;
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(7) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(8) var<storage, read> beta: array<vec4f>;
var<workgroup> partial_sums: array<f32, INVOCATIONS>;

fn sum_of_all(value: f32, own: u32) -> f32 {
  partial_sums[own] = value;
  workgroupBarrier();
  for (var half = INVOCATIONS / 2u; half > 0u; half /= 2u) {
    if (own < half) { partial_sums[own] += partial_sums[own + half]; }
    workgroupBarrier();
  }
  let sum = partial_sums[0];
  workgroupBarrier();
  return sum;
}

// Mean and rstd of row m; own is the number of the invocation in its workgroup.
fn statistics_of(m: u32, own: u32) -> vec2f {
  if (NORM == 0u) { return vec2f(); }
  let vectors = shape.K / 4u;
  var sum = vec4f();
  for (var k = own; k < vectors; k += INVOCATIONS) { sum += a[m * vectors + k]; }
  let mean = sum_of_all((sum.x + sum.y) + (sum.z + sum.w), own) / f32(shape.K);
  var squares = vec4f();
  for (var k = own; k < vectors; k += INVOCATIONS) {
    let centred = a[m * vectors + k] - mean;
    squares += centred * centred;
  }
  let variance = sum_of_all((squares.x + squares.y) + (squares.z + squares.w), own) / f32(shape.K);
  return vec2f(mean, inverseSqrt(variance + EPSILON));
}

// Vector k of row m.
fn left_at(m: u32, k: u32, statistics: vec2f) -> vec4f {
  let given = a[m * (shape.K / 4u) + k];
  if (NORM == 0u) { return given; }
  var value = (given - statistics.x) * statistics.y * gamma[k];
  if (HAS_BETA == 1u) { value += beta[k]; }
  return value;
}
