// Causal attention by an online softmax; scores are never stored.
//   y[n] = sum_j kept(n, j) P[n, j] v[j],   lse[n] = log sum_j exp(S[n, j])   for j <= n
// qkv [B T, 3 C], y [B T, C] Vectors, C = H D; lse [B H, T]. Workgroup (x, 1, z) computes ROWS queries of head
// z % H of sequence z / H, the last ones first, because they have most to do. Sums in f32. y and lse are
// overwritten.
// Snippets: attention_shape, attention_kept or attention_kept_all, attention_tile. Reference:
// attention_reference.ts. Paper: Dao, "FlashAttention-2", https://arxiv.org/abs/2307.08691
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(LANES, GROUPS)
fn attention_forward_tile(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let lane = local.x;
  let own = local.y * TILE; // weights of this group
  let sequence = group.z / shape.H * shape.T;
  let head = group.z % shape.H * shape.D;
  let C = shape.H * shape.D;
  let first = (groups.x - 1u - group.x) * ROWS;
  let n = vec4u(first + 4u * local.y) + vec4u(0u, 1u, 2u, 3u);
  let queries = (sequence + min(n, vec4u(shape.T - 1u))) * 3u * C + head;
  var most = vec4f(LOWEST);
  var sum = vec4f(); // over the members of this lane
  var attended: mat4x4f;
  let end = min(shape.T, first + ROWS);
  for (var start = 0u; start < end; start += TILE) {
    load_tile(sequence, start, C + head, thread);
    workgroupBarrier();
    var scores = products(queries, lane);
    // highest score of each row
    var highest = vec4f(LOWEST);
    for (var i = 0u; i < PER_LANE; i++) {
      let key = start + i * LANES + lane;
      scores[i] = select(vec4f(LOWEST), SCALE * scores[i], vec4u(key) <= n);
      highest = max(highest, scores[i]);
    }
    weights[own + lane] = highest;
    workgroupBarrier();
    load_tile(sequence, start, 2u * C + head, thread);
    for (var i = 0u; i < LANES; i++) { highest = max(highest, weights[own + i]); }
    let before = most;
    most = max(most, highest);
    let correction = exp(before - most);
    sum *= correction;
    workgroupBarrier();
    for (var i = 0u; i < PER_LANE; i++) {
      let key = start + i * LANES + lane;
      let probability = exp(scores[i] - most);
      sum += probability;
      weights[own + i * LANES + lane] = probability * kept4(group.z, n, vec4u(key));
    }
    workgroupBarrier();
    let added = weigh(local.y, lane);
    attended = mat4x4f(
      attended[0] * correction.x + added[0],
      attended[1] * correction.y + added[1],
      attended[2] * correction.z + added[2],
      attended[3] * correction.w + added[3],
    );
    workgroupBarrier();
  }
  weights[own + lane] = sum;
  workgroupBarrier();
  var total = vec4f();
  for (var i = 0u; i < LANES; i++) { total += weights[own + i]; }
  let all = most + log(total);
  let at = (sequence + n) * C + head + lane;
  if (n.x < shape.T) { y[at.x] = attended[0] / total.x; }
  if (n.y < shape.T) { y[at.y] = attended[1] / total.y; }
  if (n.z < shape.T) { y[at.z] = attended[2] / total.z; }
  if (n.w < shape.T) { y[at.w] = attended[3] / total.w; }
  if (lane == 0u) {
    for (var i = 0u; i < 4u; i++) {
      if (n[i] < shape.T) { lse[group.z * shape.T + n[i]] = all[i]; }
    }
  }
}
