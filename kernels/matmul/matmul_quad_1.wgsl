// Four columns of C at once, a quad, for kernels that hold vec4f: here rows are not whole Vectors.
// Needs: vector_1, matmul_epilogue.
fn store_quad(z: u32, row: u32, quad: u32, values: vec4f) {
  store(z, row, quad * 4u, values.x);
  store(z, row, quad * 4u + 1u, values.y);
  store(z, row, quad * 4u + 2u, values.z);
  store(z, row, quad * 4u + 3u, values.w);
}
fn bias_of_quad(quad: u32) -> vec4f {
  let column = quad * 4u;
  return vec4f(bias_of(column), bias_of(column + 1u), bias_of(column + 2u), bias_of(column + 3u));
}
