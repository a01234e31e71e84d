// Gradient of the queries of causal attention; scores are computed again, never stored.
//   d_q[n] = SCALE sum_j dS[n, j] k[j]   for j <= n
// qkv, d_qkv [B T, 3 C], d_y [B T, C] Vectors, C = H D; lse, delta [B H, T]. Workgroup (x, 1, z) computes ROWS
// queries of head z % H of sequence z / H, the last ones first, because they have most to do. Sums in f32. The
// first C columns of d_qkv are overwritten, or added to with ACCUMULATE = 1.
// Snippets: attention_shape, attention_kept or attention_kept_all, attention_tile, attention_store. Reference:
// attention_reference.ts. Paper: Dao, "FlashAttention-2", https://arxiv.org/abs/2307.08691
@group(0) @binding(2) var<storage, read> d_y: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_qkv: array<vec4f>;

// As products(), for rows of d_y.
fn products_of_d_y(rows: vec4u, lane: u32) -> array<vec4f, PER_LANE> {
  var sums: array<vec4f, PER_LANE>;
  for (var d = 0u; d < LANES; d++) {
    let a = d_y[rows.x + d];
    let b = d_y[rows.y + d];
    let c = d_y[rows.z + d];
    let e = d_y[rows.w + d];
    for (var i = 0u; i < PER_LANE; i++) {
      let member = tile[(i * LANES + lane) * STRIDE + d];
      sums[i] += vec4f(dot(a, member), dot(b, member), dot(c, member), dot(e, member));
    }
  }
  return sums;
}

@compute @workgroup_size(LANES, GROUPS)
fn attention_backward_queries_tile(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let lane = local.x;
  let sequence = group.z / shape.H * shape.T;
  let head = group.z % shape.H * shape.D;
  let C = shape.H * shape.D;
  let first = (groups.x - 1u - group.x) * ROWS;
  let n = vec4u(first + 4u * local.y) + vec4u(0u, 1u, 2u, 3u);
  let query = min(n, vec4u(shape.T - 1u));
  let of_query = group.z * shape.T + query;
  let row_lse = vec4f(lse[of_query.x], lse[of_query.y], lse[of_query.z], lse[of_query.w]);
  let row_delta = vec4f(delta[of_query.x], delta[of_query.y], delta[of_query.z], delta[of_query.w]);
  var gradient: mat4x4f;
  let end = min(shape.T, first + ROWS);
  for (var start = 0u; start < end; start += TILE) {
    load_tile(sequence, start, C + head, thread);
    workgroupBarrier();
    let scores = products((sequence + query) * 3u * C + head, lane);
    workgroupBarrier();
    load_tile(sequence, start, 2u * C + head, thread);
    workgroupBarrier();
    let d_probabilities = products_of_d_y((sequence + query) * C + head, lane);
    for (var i = 0u; i < PER_LANE; i++) {
      let key = vec4u(start + i * LANES + lane);
      let probability = select(vec4f(), exp(SCALE * scores[i] - row_lse), key <= n);
      weights[local.y * TILE + i * LANES + lane] = probability *
        (kept4(group.z, n, key) * d_probabilities[i] - row_delta);
    }
    workgroupBarrier();
    load_tile(sequence, start, C + head, thread);
    workgroupBarrier();
    gradient += weigh(local.y, lane);
    workgroupBarrier();
  }
  let at = (sequence + n) * 3u * C + head + lane;
  if (n.x < shape.T) { store(at.x, SCALE * gradient[0]); }
  if (n.y < shape.T) { store(at.y, SCALE * gradient[1]); }
  if (n.z < shape.T) { store(at.z, SCALE * gradient[2]); }
  if (n.w < shape.T) { store(at.w, SCALE * gradient[3]); }
}
