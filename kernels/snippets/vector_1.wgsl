// Vector of one float. Kernels written for `Vector` run on rows of any length.
alias Vector = f32;
const VECTOR_WIDTH = 1u;
fn total(v: Vector) -> f32 { return v; }
fn highest(v: Vector) -> f32 { return v; }
// Numbers of the elements of the Vector that starts at element `first`.
fn elements(first: u32) -> u32 { return first; }
alias VectorIndex = u32;
