// Four columns of C at once, a quad, for kernels that hold vec4f: here a quad is a Vector.
// Needs: vector_4, matmul_epilogue.
fn store_quad(z: u32, row: u32, quad: u32, values: vec4f) { store(z, row, quad, values); }
fn bias_of_quad(quad: u32) -> vec4f { return bias_of(quad); }
