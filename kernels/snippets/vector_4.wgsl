// Vector of four floats. Kernels written for `Vector` run on rows whose length is a multiple of four.
alias Vector = vec4f;
const VECTOR_WIDTH = 4u;
fn total(v: Vector) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn highest(v: Vector) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
// Numbers of the elements of the Vector that starts at element `first`.
fn elements(first: u32) -> vec4u { return vec4u(first, first + 1u, first + 2u, first + 3u); }
alias VectorIndex = vec4u;
