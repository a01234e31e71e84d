// Gradients of the keys and values of causal attention; scores are computed again, never stored.
//   d_k[j] = SCALE sum_n dS[n, j] q[n],   d_v[j] = sum_n kept(n, j) P[n, j] d_y[n]   for n >= j
// qkv, d_qkv [B T, 3 C], d_y [B T, C] Vectors, C = H D; lse, delta [B H, T]. Workgroup (x, 1, z) computes ROWS
// keys of head z % H of sequence z / H. Sums in f32, in order of n. Columns C to 3 C - 1 of d_qkv are
// overwritten, or added to with ACCUMULATE = 1.
// Snippets: attention_shape, attention_kept or attention_kept_all, attention_tile, attention_store. Reference:
// attention_reference.ts. Paper: Dao, "FlashAttention-2", https://arxiv.org/abs/2307.08691
@group(0) @binding(2) var<storage, read> d_y: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_qkv: array<vec4f>;

// As load_tile(), from d_y.
fn load_d_y_tile(sequence: u32, start: u32, column: u32, thread: u32) {
  for (var i = thread; i < TILE * LANES; i += LANES * GROUPS) {
    let row = sequence + min(start + i / LANES, shape.T - 1u);
    tile[i / LANES * STRIDE + i % LANES] = d_y[row * shape.H * shape.D + column + i % LANES];
  }
}

fn store_pair(j: u32, at: u32, d_k: vec4f, d_v: vec4f) {
  if (j >= shape.T) { return; }
  store(at, d_k);
  store(at + shape.H * shape.D, d_v);
}

@compute @workgroup_size(LANES, GROUPS)
fn attention_backward_keys_tile(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let lane = local.x;
  let own = local.y * TILE; // weights of this group
  let sequence = group.z / shape.H * shape.T;
  let head = group.z % shape.H * shape.D;
  let C = shape.H * shape.D;
  let first = group.x * ROWS;
  let last = shape.T - 1u;
  let j = vec4u(first + 4u * local.y) + vec4u(0u, 1u, 2u, 3u);
  let keys = (sequence + min(j, vec4u(last))) * 3u * C + C + head;
  var d_k: mat4x4f;
  var d_v: mat4x4f;
  for (var start = first; start < shape.T; start += TILE) {
    load_tile(sequence, start, head, thread);
    workgroupBarrier();
    let scores = products(keys, lane);
    workgroupBarrier();
    load_d_y_tile(sequence, start, head, thread);
    workgroupBarrier();
    var d_scores = products(keys + C, lane);
    for (var i = 0u; i < PER_LANE; i++) {
      let n = start + i * LANES + lane;
      let of_query = group.z * shape.T + min(n, last);
      let sees = (j <= vec4u(n)) & vec4<bool>(n <= last);
      let probability = select(vec4f(), exp(SCALE * scores[i] - lse[of_query]), sees);
      let factor = kept4(group.z, vec4u(n), j);
      weights[own + i * LANES + lane] = factor * probability;
      d_scores[i] = probability * (factor * d_scores[i] - delta[of_query]);
    }
    workgroupBarrier();
    d_v += weigh(local.y, lane);
    workgroupBarrier();
    for (var i = 0u; i < PER_LANE; i++) { weights[own + i * LANES + lane] = d_scores[i]; }
    load_tile(sequence, start, head, thread);
    workgroupBarrier();
    d_k += weigh(local.y, lane);
    workgroupBarrier();
  }
  let at = (sequence + j) * 3u * C + C + head + lane;
  store_pair(j.x, at.x, SCALE * d_k[0], d_v[0]);
  store_pair(j.y, at.y, SCALE * d_k[1], d_v[1]);
  store_pair(j.z, at.z, SCALE * d_k[2], d_v[2]);
  store_pair(j.w, at.w, SCALE * d_k[3], d_v[3]);
}
