// Takes the channels that attention_pad.wgsl added out of a result.
//   narrow[r, d] = wide[r, d] for d < D
// narrow [rows, D], wide [rows, 4 vectors]; a row is one head of one position. Invocation i of the grid, rows of
// 64 * num_workgroups.x, computes element i. narrow is overwritten, or added to with ACCUMULATE = 1.
// Reference: attention_reference.ts, which knows no padding.
override ACCUMULATE: u32;
struct PadShape {
  rows: u32,
  D: u32, // channels of a head
  vectors: u32, // Vectors of a widened head
}
@group(0) @binding(0) var<uniform> shape: PadShape;
@group(0) @binding(1) var<storage, read> wide: array<f32>;
@group(0) @binding(2) var<storage, read_write> narrow: array<f32>;

@compute @workgroup_size(64)
fn attention_unpad(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= shape.rows * shape.D) { return; }
  let value = wide[i / shape.D * shape.vectors * 4u + i % shape.D];
  if (ACCUMULATE == 1u) {
    narrow[i] += value;
  } else {
    narrow[i] = value;
  }
}
