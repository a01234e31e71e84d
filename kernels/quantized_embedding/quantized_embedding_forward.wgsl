// Looks up the vectors of tokens in a quantised table and adds those of their positions.
//   y[n, c] = q[c, tokens[n]] scale[c / 32, tokens[n]] + position_table[positions[n], c]
// tokens, positions u32 [N]; b: packed q and scale, a column a token; position_table [P, C], y [N, C].
// A workgroup has (LANES, ROWS) invocations: LANES of them share row n.
// y is overwritten. Ids beyond the tables are clamped: refusing them is the duty of the host.
// Snippets: packed_texture or packed_buffer, quantized_8 or _4, quantized. Reference: quantized_embedding_reference.ts
struct QuantizedEmbeddingShape {
  N: u32,
  C: u32,
  V: u32,
  P: u32,
  b_pitch: u32, // texels of a strip
}
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read> position_table: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<uniform> shape: QuantizedEmbeddingShape;

@compute @workgroup_size(LANES, ROWS)
fn quantized_embedding_forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let n = (group.y * groups.x + group.x) * ROWS + local.y;
  if (n >= shape.N) { return; }
  let token = min(tokens[n], shape.V - 1u);
  let position = min(positions[n], shape.P - 1u) * shape.C;
  for (var c = local.x; c < shape.C; c += LANES) {
    y[n * shape.C + c] = packed_value(c, token) + position_table[position + c];
  }
}
