// Copies a flat window of parameters to f16, for kernels that read weights in half the bytes.
//   half[i] = source[i], clamped to the range of f16
// source [SIZE] vec4f, half [SIZE] vec4h. Invocation i of the grid, rows of 256 * num_workgroups.x, copies vector i.
// half is overwritten. Needs: line `enable f16;` set before.
override SIZE: u32;
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> half: array<vec4h>;

@compute @workgroup_size(256)
fn pack_half(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 256u + id.x;
  if (i >= SIZE) { return; }
  half[i] = vec4h(clamp(source[i], vec4f(-65504.0), vec4f(65504.0)));
}
