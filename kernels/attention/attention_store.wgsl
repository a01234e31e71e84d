// How gradients of attention get to memory: overwritten, or added to with ACCUMULATE = 1.
override ACCUMULATE: u32;
fn store(at: u32, value: vec4f) {
  if (ACCUMULATE == 1u) {
    d_qkv[at] += value;
  } else {
    d_qkv[at] = value;
  }
}
