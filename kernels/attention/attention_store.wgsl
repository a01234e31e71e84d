// How gradients of attention get to memory.
fn store(at: u32, value: vec4f) {
  if (shape.accumulate == 1u) {
    d_qkv[at] += value;
  } else {
    d_qkv[at] = value;
  }
}
