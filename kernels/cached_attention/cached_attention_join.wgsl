// Joins the parts of attention over a long cache.
//   y[i, h, d] = sum_z exp(most[z] - most) parts[i, h, z, d] / sum_z exp(most[z] - most) sum[z],   most = max_z most[z]
//   y = 0 where no part saw a key
// parts [n, heads, SPLITS, D + 2] Vectors as cached_attention_forward.wgsl writes them, y [n, heads, D] Vectors. Invocation
// (d, h, i) of the grid computes y[i, h, d], its sums in order of z. y is overwritten.
// Snippets: vector_4 or vector_1. Reference: cached_attention_reference.ts
// Paper: Dao et al., "Flash-Decoding for long-context inference", https://crfm.stanford.edu/2023/10/12/flashdecoding.html
override D: u32;
override SPLITS: u32;
@group(0) @binding(0) var<storage, read> parts: array<Vector>;
@group(0) @binding(1) var<storage, read_write> y: array<Vector>;
const LOWEST = -3.4e38f;

@compute @workgroup_size(64)
fn cached_attention_join(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let d = id.x;
  if (d >= D) { return; }
  let first = (id.z * groups.y + id.y) * SPLITS * (D + 2u);
  var most = LOWEST;
  for (var z = 0u; z < SPLITS; z++) { most = max(most, highest(parts[first + z * (D + 2u) + D])); }
  var joined = Vector();
  var sum = 0.0;
  for (var z = 0u; z < SPLITS; z++) {
    let part = first + z * (D + 2u);
    let weight = exp(highest(parts[part + D]) - most);
    sum += weight * highest(parts[part + D + 1u]);
    joined += weight * parts[part + d];
  }
  y[(id.z * groups.y + id.y) * D + d] = select(Vector(), joined / sum, Vector(sum) > Vector());
}
