// Multiplies and adds in registers and does nothing else: the most arithmetic a kernel of this adapter can
// get done.
//   a_k[i] = (k + 1) x[i], then 4 ITERATIONS times a_k[i] = a_k[i] factor + addend, for k = 0..3
//   y[i] = a_0[i] + a_1[i] + a_2[i] + a_3[i]
// x, y [4 size] as Vectors, terms [8]: factor in the first four, addend in the last. Invocation i computes
// Vector i.
// Sixteen sums per invocation do not depend on each other, so that none waits for the one before; four rounds
// an iteration, so that the loop itself costs little. y is overwritten.
// An invocation runs ITERATIONS loops, known to the compiler, which saves a CPU adapter a fifth of its time:
// at most 60,000, because software adapters stop it after 65,535.
// A thread out of range computes all the same and stores nothing: a return before the loop would mask every
// sum in it, which costs a CPU adapter a sixth of its speed.
// Precision is Element, f32 or f16: `alias Element` stands before this file.
// Reference: ceiling_reference.ts
override ITERATIONS: u32;
alias Elements = vec4<Element>;
struct CeilingShape {
  size: u32,
}
@group(0) @binding(0) var<uniform> shape: CeilingShape;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> terms: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn ceiling_multiply_add(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.y * groups.x * 64u + id.x;
  let factor = Elements(terms[0]);
  let addend = Elements(terms[1]);
  var a_0 = Elements(x[min(i, shape.size - 1u)]);
  var a_1 = a_0 + a_0;
  var a_2 = a_1 + a_0;
  var a_3 = a_2 + a_0;
  for (var round = 0u; round < ITERATIONS; round++) {
    a_0 = fma(a_0, factor, addend);
    a_1 = fma(a_1, factor, addend);
    a_2 = fma(a_2, factor, addend);
    a_3 = fma(a_3, factor, addend);

    a_0 = fma(a_0, factor, addend);
    a_1 = fma(a_1, factor, addend);
    a_2 = fma(a_2, factor, addend);
    a_3 = fma(a_3, factor, addend);

    a_0 = fma(a_0, factor, addend);
    a_1 = fma(a_1, factor, addend);
    a_2 = fma(a_2, factor, addend);
    a_3 = fma(a_3, factor, addend);

    a_0 = fma(a_0, factor, addend);
    a_1 = fma(a_1, factor, addend);
    a_2 = fma(a_2, factor, addend);
    a_3 = fma(a_3, factor, addend);
  }
  if (i < shape.size) {
    y[i] = vec4f((a_0 + a_1) + (a_2 + a_3));
  }
}
