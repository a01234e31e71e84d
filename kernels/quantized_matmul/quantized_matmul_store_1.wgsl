// Stores the four columns of a quad of C one by one, where rows are not whole Vectors. Needs: vector_1, matmul_epilogue.
fn store_quad(m: u32, quad: u32, values: vec4f) {
  store(0u, m, quad * 4u, values.x);
  store(0u, m, quad * 4u + 1u, values.y);
  store(0u, m, quad * 4u + 2u, values.z);
  store(0u, m, quad * 4u + 3u, values.w);
}
