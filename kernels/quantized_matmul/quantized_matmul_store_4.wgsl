// Stores the four columns of a quad of C as one Vector. Needs: vector_4, matmul_epilogue.
fn store_quad(m: u32, quad: u32, values: vec4f) { store(0u, m, quad, values); }
