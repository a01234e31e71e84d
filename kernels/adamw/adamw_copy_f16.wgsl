// Where adamw_update.wgsl leaves an updated vector of parameters a second time: an f16 copy, which products read.
//   copy[i] = value, clamped to the range of f16
// copy [SIZE] vec4h. Needs: line `enable f16;` set before.
@group(0) @binding(7) var<storage, read_write> copy: array<vec4h>;

fn keep_copy(i: u32, value: vec4f) {
  copy[i] = vec4h(clamp(value, vec4f(-65504.0), vec4f(65504.0)));
}
