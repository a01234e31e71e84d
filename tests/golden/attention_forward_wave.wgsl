// Causal attention: 8 rows of a head, up to 32 channels, a wave.
//   y[n] = sum_j kept(n, j) P[n, j] v[j],   lse[n] = log sum_j exp(S[n, j])
// Written by attention_wave.ts, which says how it works; the symbols are those of attention_shape.wgsl.
@group(0) @binding(1) var qkv: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(8)
fn attention_forward_wave(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let first = balanced(group.x, groups.x) * 8u;
  let sequence = (group.z / shape.H) * shape.T; // first row of the sequence
  let statistics = group.z * shape.T; // and of what there is one of for each query
  let head = (group.z % shape.H) * shape.D;
  let C = shape.H * shape.D;
  let last = shape.T - 1u;
  // Vectors of a head, + 0: a driver recompiles a loop with a uniform bound for its value, at some with every dispatch.
  let channels = shape.D + group.y;
  let row = sequence + min(first + lane, last);
  var most0 = LOWEST;
  var sum0 = 0.0;
  var most1 = LOWEST;
  var sum1 = 0.0;
  var most2 = LOWEST;
  var sum2 = 0.0;
  var most3 = LOWEST;
  var sum3 = 0.0;
  var most4 = LOWEST;
  var sum4 = 0.0;
  var most5 = LOWEST;
  var sum5 = 0.0;
  var most6 = LOWEST;
  var sum6 = 0.0;
  var most7 = LOWEST;
  var sum7 = 0.0;
  var o0_0 = vec4f();
  var o1_0 = vec4f();
  var o2_0 = vec4f();
  var o3_0 = vec4f();
  var o4_0 = vec4f();
  var o5_0 = vec4f();
  var o6_0 = vec4f();
  var o7_0 = vec4f();

  let end = min(shape.T, first + 8u);
  for (var start = 0u; start < end; start += 32u) {
    let key = vec4u(start + lane) + vec4u(0u, 8u, 16u, 24u);
    let member0 = sequence + min(start + 0u + lane, last);
    let member1 = sequence + min(start + 8u + lane, last);
    let member2 = sequence + min(start + 16u + lane, last);
    let member3 = sequence + min(start + 24u + lane, last);
    var s0 = vec4f();
    var s1 = vec4f();
    var s2 = vec4f();
    var s3 = vec4f();
    var s4 = vec4f();
    var s5 = vec4f();
    var s6 = vec4f();
    var s7 = vec4f();
    for (var d = 0u; d < channels; d++) {
      let s_row = textureLoad(qkv, vec2u(head + d, row));
      let s_at0 = textureLoad(qkv, vec2u(C + head + d, member0));
      let s_at1 = textureLoad(qkv, vec2u(C + head + d, member1));
      let s_at2 = textureLoad(qkv, vec2u(C + head + d, member2));
      let s_at3 = textureLoad(qkv, vec2u(C + head + d, member3));
      let s_x = vec4f(s_at0.x, s_at1.x, s_at2.x, s_at3.x);
      let s_y = vec4f(s_at0.y, s_at1.y, s_at2.y, s_at3.y);
      let s_z = vec4f(s_at0.z, s_at1.z, s_at2.z, s_at3.z);
      let s_w = vec4f(s_at0.w, s_at1.w, s_at2.w, s_at3.w);
      s0 += subgroupShuffle(s_row.x, 0u) * s_x + subgroupShuffle(s_row.y, 0u) * s_y + subgroupShuffle(s_row.z, 0u) * s_z + subgroupShuffle(s_row.w, 0u) * s_w;
      s1 += subgroupShuffle(s_row.x, 1u) * s_x + subgroupShuffle(s_row.y, 1u) * s_y + subgroupShuffle(s_row.z, 1u) * s_z + subgroupShuffle(s_row.w, 1u) * s_w;
      s2 += subgroupShuffle(s_row.x, 2u) * s_x + subgroupShuffle(s_row.y, 2u) * s_y + subgroupShuffle(s_row.z, 2u) * s_z + subgroupShuffle(s_row.w, 2u) * s_w;
      s3 += subgroupShuffle(s_row.x, 3u) * s_x + subgroupShuffle(s_row.y, 3u) * s_y + subgroupShuffle(s_row.z, 3u) * s_z + subgroupShuffle(s_row.w, 3u) * s_w;
      s4 += subgroupShuffle(s_row.x, 4u) * s_x + subgroupShuffle(s_row.y, 4u) * s_y + subgroupShuffle(s_row.z, 4u) * s_z + subgroupShuffle(s_row.w, 4u) * s_w;
      s5 += subgroupShuffle(s_row.x, 5u) * s_x + subgroupShuffle(s_row.y, 5u) * s_y + subgroupShuffle(s_row.z, 5u) * s_z + subgroupShuffle(s_row.w, 5u) * s_w;
      s6 += subgroupShuffle(s_row.x, 6u) * s_x + subgroupShuffle(s_row.y, 6u) * s_y + subgroupShuffle(s_row.z, 6u) * s_z + subgroupShuffle(s_row.w, 6u) * s_w;
      s7 += subgroupShuffle(s_row.x, 7u) * s_x + subgroupShuffle(s_row.y, 7u) * s_y + subgroupShuffle(s_row.z, 7u) * s_z + subgroupShuffle(s_row.w, 7u) * s_w;
    }
    s0 = select(vec4f(LOWEST), s0, key <= vec4u(first + 0u));
    let pair0 = max(s0.xy, s0.zw);
    let highest0 = max(pair0.x, pair0.y);
    let before0 = most0;
    most0 = max(most0, SCALE * max(max(max(subgroupShuffle(highest0, 0u), subgroupShuffle(highest0, 1u)), max(subgroupShuffle(highest0, 2u), subgroupShuffle(highest0, 3u))), max(max(subgroupShuffle(highest0, 4u), subgroupShuffle(highest0, 5u)), max(subgroupShuffle(highest0, 6u), subgroupShuffle(highest0, 7u)))));
    let correction0 = exp(before0 - most0);
    sum0 *= correction0;
    o0_0 *= correction0;
    s1 = select(vec4f(LOWEST), s1, key <= vec4u(first + 1u));
    let pair1 = max(s1.xy, s1.zw);
    let highest1 = max(pair1.x, pair1.y);
    let before1 = most1;
    most1 = max(most1, SCALE * max(max(max(subgroupShuffle(highest1, 0u), subgroupShuffle(highest1, 1u)), max(subgroupShuffle(highest1, 2u), subgroupShuffle(highest1, 3u))), max(max(subgroupShuffle(highest1, 4u), subgroupShuffle(highest1, 5u)), max(subgroupShuffle(highest1, 6u), subgroupShuffle(highest1, 7u)))));
    let correction1 = exp(before1 - most1);
    sum1 *= correction1;
    o1_0 *= correction1;
    s2 = select(vec4f(LOWEST), s2, key <= vec4u(first + 2u));
    let pair2 = max(s2.xy, s2.zw);
    let highest2 = max(pair2.x, pair2.y);
    let before2 = most2;
    most2 = max(most2, SCALE * max(max(max(subgroupShuffle(highest2, 0u), subgroupShuffle(highest2, 1u)), max(subgroupShuffle(highest2, 2u), subgroupShuffle(highest2, 3u))), max(max(subgroupShuffle(highest2, 4u), subgroupShuffle(highest2, 5u)), max(subgroupShuffle(highest2, 6u), subgroupShuffle(highest2, 7u)))));
    let correction2 = exp(before2 - most2);
    sum2 *= correction2;
    o2_0 *= correction2;
    s3 = select(vec4f(LOWEST), s3, key <= vec4u(first + 3u));
    let pair3 = max(s3.xy, s3.zw);
    let highest3 = max(pair3.x, pair3.y);
    let before3 = most3;
    most3 = max(most3, SCALE * max(max(max(subgroupShuffle(highest3, 0u), subgroupShuffle(highest3, 1u)), max(subgroupShuffle(highest3, 2u), subgroupShuffle(highest3, 3u))), max(max(subgroupShuffle(highest3, 4u), subgroupShuffle(highest3, 5u)), max(subgroupShuffle(highest3, 6u), subgroupShuffle(highest3, 7u)))));
    let correction3 = exp(before3 - most3);
    sum3 *= correction3;
    o3_0 *= correction3;
    s4 = select(vec4f(LOWEST), s4, key <= vec4u(first + 4u));
    let pair4 = max(s4.xy, s4.zw);
    let highest4 = max(pair4.x, pair4.y);
    let before4 = most4;
    most4 = max(most4, SCALE * max(max(max(subgroupShuffle(highest4, 0u), subgroupShuffle(highest4, 1u)), max(subgroupShuffle(highest4, 2u), subgroupShuffle(highest4, 3u))), max(max(subgroupShuffle(highest4, 4u), subgroupShuffle(highest4, 5u)), max(subgroupShuffle(highest4, 6u), subgroupShuffle(highest4, 7u)))));
    let correction4 = exp(before4 - most4);
    sum4 *= correction4;
    o4_0 *= correction4;
    s5 = select(vec4f(LOWEST), s5, key <= vec4u(first + 5u));
    let pair5 = max(s5.xy, s5.zw);
    let highest5 = max(pair5.x, pair5.y);
    let before5 = most5;
    most5 = max(most5, SCALE * max(max(max(subgroupShuffle(highest5, 0u), subgroupShuffle(highest5, 1u)), max(subgroupShuffle(highest5, 2u), subgroupShuffle(highest5, 3u))), max(max(subgroupShuffle(highest5, 4u), subgroupShuffle(highest5, 5u)), max(subgroupShuffle(highest5, 6u), subgroupShuffle(highest5, 7u)))));
    let correction5 = exp(before5 - most5);
    sum5 *= correction5;
    o5_0 *= correction5;
    s6 = select(vec4f(LOWEST), s6, key <= vec4u(first + 6u));
    let pair6 = max(s6.xy, s6.zw);
    let highest6 = max(pair6.x, pair6.y);
    let before6 = most6;
    most6 = max(most6, SCALE * max(max(max(subgroupShuffle(highest6, 0u), subgroupShuffle(highest6, 1u)), max(subgroupShuffle(highest6, 2u), subgroupShuffle(highest6, 3u))), max(max(subgroupShuffle(highest6, 4u), subgroupShuffle(highest6, 5u)), max(subgroupShuffle(highest6, 6u), subgroupShuffle(highest6, 7u)))));
    let correction6 = exp(before6 - most6);
    sum6 *= correction6;
    o6_0 *= correction6;
    s7 = select(vec4f(LOWEST), s7, key <= vec4u(first + 7u));
    let pair7 = max(s7.xy, s7.zw);
    let highest7 = max(pair7.x, pair7.y);
    let before7 = most7;
    most7 = max(most7, SCALE * max(max(max(subgroupShuffle(highest7, 0u), subgroupShuffle(highest7, 1u)), max(subgroupShuffle(highest7, 2u), subgroupShuffle(highest7, 3u))), max(max(subgroupShuffle(highest7, 4u), subgroupShuffle(highest7, 5u)), max(subgroupShuffle(highest7, 6u), subgroupShuffle(highest7, 7u)))));
    let correction7 = exp(before7 - most7);
    sum7 *= correction7;
    o7_0 *= correction7;
    for (var c = 0u; c < min(4u, (end - start + 7u) / 8u); c++) {
      let chunk = start + 8u * c;
      let member = chunk + lane;
      let p0 = exp(SCALE * s0.x - most0);
      sum0 += p0;
      let w0 = p0 * kept(group.z, first + 0u, member);
      s0 = s0.yzww;
      let p1 = exp(SCALE * s1.x - most1);
      sum1 += p1;
      let w1 = p1 * kept(group.z, first + 1u, member);
      s1 = s1.yzww;
      let p2 = exp(SCALE * s2.x - most2);
      sum2 += p2;
      let w2 = p2 * kept(group.z, first + 2u, member);
      s2 = s2.yzww;
      let p3 = exp(SCALE * s3.x - most3);
      sum3 += p3;
      let w3 = p3 * kept(group.z, first + 3u, member);
      s3 = s3.yzww;
      let p4 = exp(SCALE * s4.x - most4);
      sum4 += p4;
      let w4 = p4 * kept(group.z, first + 4u, member);
      s4 = s4.yzww;
      let p5 = exp(SCALE * s5.x - most5);
      sum5 += p5;
      let w5 = p5 * kept(group.z, first + 5u, member);
      s5 = s5.yzww;
      let p6 = exp(SCALE * s6.x - most6);
      sum6 += p6;
      let w6 = p6 * kept(group.z, first + 6u, member);
      s6 = s6.yzww;
      let p7 = exp(SCALE * s7.x - most7);
      sum7 += p7;
      let w7 = p7 * kept(group.z, first + 7u, member);
      s7 = s7.yzww;
      let at0 = sequence + min(chunk + 0u, last);
      let at1 = sequence + min(chunk + 1u, last);
      let at2 = sequence + min(chunk + 2u, last);
      let at3 = sequence + min(chunk + 3u, last);
      let at4 = sequence + min(chunk + 4u, last);
      let at5 = sequence + min(chunk + 5u, last);
      let at6 = sequence + min(chunk + 6u, last);
      let at7 = sequence + min(chunk + 7u, last);
      let o_at0_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at0));
      let o_at1_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at1));
      let o_at2_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at2));
      let o_at3_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at3));
      let o_at4_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at4));
      let o_at5_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at5));
      let o_at6_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at6));
      let o_at7_0 = textureLoad(qkv, vec2u(2u * C + head + lane + 0u, at7));
      let w0of0 = subgroupShuffle(w0, 0u);
      let w0of1 = subgroupShuffle(w0, 1u);
      let w0of2 = subgroupShuffle(w0, 2u);
      let w0of3 = subgroupShuffle(w0, 3u);
      let w0of4 = subgroupShuffle(w0, 4u);
      let w0of5 = subgroupShuffle(w0, 5u);
      let w0of6 = subgroupShuffle(w0, 6u);
      let w0of7 = subgroupShuffle(w0, 7u);
      o0_0 += w0of0 * o_at0_0 + w0of1 * o_at1_0 + w0of2 * o_at2_0 + w0of3 * o_at3_0 + w0of4 * o_at4_0 + w0of5 * o_at5_0 + w0of6 * o_at6_0 + w0of7 * o_at7_0;
      let w1of0 = subgroupShuffle(w1, 0u);
      let w1of1 = subgroupShuffle(w1, 1u);
      let w1of2 = subgroupShuffle(w1, 2u);
      let w1of3 = subgroupShuffle(w1, 3u);
      let w1of4 = subgroupShuffle(w1, 4u);
      let w1of5 = subgroupShuffle(w1, 5u);
      let w1of6 = subgroupShuffle(w1, 6u);
      let w1of7 = subgroupShuffle(w1, 7u);
      o1_0 += w1of0 * o_at0_0 + w1of1 * o_at1_0 + w1of2 * o_at2_0 + w1of3 * o_at3_0 + w1of4 * o_at4_0 + w1of5 * o_at5_0 + w1of6 * o_at6_0 + w1of7 * o_at7_0;
      let w2of0 = subgroupShuffle(w2, 0u);
      let w2of1 = subgroupShuffle(w2, 1u);
      let w2of2 = subgroupShuffle(w2, 2u);
      let w2of3 = subgroupShuffle(w2, 3u);
      let w2of4 = subgroupShuffle(w2, 4u);
      let w2of5 = subgroupShuffle(w2, 5u);
      let w2of6 = subgroupShuffle(w2, 6u);
      let w2of7 = subgroupShuffle(w2, 7u);
      o2_0 += w2of0 * o_at0_0 + w2of1 * o_at1_0 + w2of2 * o_at2_0 + w2of3 * o_at3_0 + w2of4 * o_at4_0 + w2of5 * o_at5_0 + w2of6 * o_at6_0 + w2of7 * o_at7_0;
      let w3of0 = subgroupShuffle(w3, 0u);
      let w3of1 = subgroupShuffle(w3, 1u);
      let w3of2 = subgroupShuffle(w3, 2u);
      let w3of3 = subgroupShuffle(w3, 3u);
      let w3of4 = subgroupShuffle(w3, 4u);
      let w3of5 = subgroupShuffle(w3, 5u);
      let w3of6 = subgroupShuffle(w3, 6u);
      let w3of7 = subgroupShuffle(w3, 7u);
      o3_0 += w3of0 * o_at0_0 + w3of1 * o_at1_0 + w3of2 * o_at2_0 + w3of3 * o_at3_0 + w3of4 * o_at4_0 + w3of5 * o_at5_0 + w3of6 * o_at6_0 + w3of7 * o_at7_0;
      let w4of0 = subgroupShuffle(w4, 0u);
      let w4of1 = subgroupShuffle(w4, 1u);
      let w4of2 = subgroupShuffle(w4, 2u);
      let w4of3 = subgroupShuffle(w4, 3u);
      let w4of4 = subgroupShuffle(w4, 4u);
      let w4of5 = subgroupShuffle(w4, 5u);
      let w4of6 = subgroupShuffle(w4, 6u);
      let w4of7 = subgroupShuffle(w4, 7u);
      o4_0 += w4of0 * o_at0_0 + w4of1 * o_at1_0 + w4of2 * o_at2_0 + w4of3 * o_at3_0 + w4of4 * o_at4_0 + w4of5 * o_at5_0 + w4of6 * o_at6_0 + w4of7 * o_at7_0;
      let w5of0 = subgroupShuffle(w5, 0u);
      let w5of1 = subgroupShuffle(w5, 1u);
      let w5of2 = subgroupShuffle(w5, 2u);
      let w5of3 = subgroupShuffle(w5, 3u);
      let w5of4 = subgroupShuffle(w5, 4u);
      let w5of5 = subgroupShuffle(w5, 5u);
      let w5of6 = subgroupShuffle(w5, 6u);
      let w5of7 = subgroupShuffle(w5, 7u);
      o5_0 += w5of0 * o_at0_0 + w5of1 * o_at1_0 + w5of2 * o_at2_0 + w5of3 * o_at3_0 + w5of4 * o_at4_0 + w5of5 * o_at5_0 + w5of6 * o_at6_0 + w5of7 * o_at7_0;
      let w6of0 = subgroupShuffle(w6, 0u);
      let w6of1 = subgroupShuffle(w6, 1u);
      let w6of2 = subgroupShuffle(w6, 2u);
      let w6of3 = subgroupShuffle(w6, 3u);
      let w6of4 = subgroupShuffle(w6, 4u);
      let w6of5 = subgroupShuffle(w6, 5u);
      let w6of6 = subgroupShuffle(w6, 6u);
      let w6of7 = subgroupShuffle(w6, 7u);
      o6_0 += w6of0 * o_at0_0 + w6of1 * o_at1_0 + w6of2 * o_at2_0 + w6of3 * o_at3_0 + w6of4 * o_at4_0 + w6of5 * o_at5_0 + w6of6 * o_at6_0 + w6of7 * o_at7_0;
      let w7of0 = subgroupShuffle(w7, 0u);
      let w7of1 = subgroupShuffle(w7, 1u);
      let w7of2 = subgroupShuffle(w7, 2u);
      let w7of3 = subgroupShuffle(w7, 3u);
      let w7of4 = subgroupShuffle(w7, 4u);
      let w7of5 = subgroupShuffle(w7, 5u);
      let w7of6 = subgroupShuffle(w7, 6u);
      let w7of7 = subgroupShuffle(w7, 7u);
      o7_0 += w7of0 * o_at0_0 + w7of1 * o_at1_0 + w7of2 * o_at2_0 + w7of3 * o_at3_0 + w7of4 * o_at4_0 + w7of5 * o_at5_0 + w7of6 * o_at6_0 + w7of7 * o_at7_0;
    }
  }
  let total0 = (((subgroupShuffle(sum0, 0u) + subgroupShuffle(sum0, 1u)) + (subgroupShuffle(sum0, 2u) + subgroupShuffle(sum0, 3u))) + ((subgroupShuffle(sum0, 4u) + subgroupShuffle(sum0, 5u)) + (subgroupShuffle(sum0, 6u) + subgroupShuffle(sum0, 7u))));
  let total1 = (((subgroupShuffle(sum1, 0u) + subgroupShuffle(sum1, 1u)) + (subgroupShuffle(sum1, 2u) + subgroupShuffle(sum1, 3u))) + ((subgroupShuffle(sum1, 4u) + subgroupShuffle(sum1, 5u)) + (subgroupShuffle(sum1, 6u) + subgroupShuffle(sum1, 7u))));
  let total2 = (((subgroupShuffle(sum2, 0u) + subgroupShuffle(sum2, 1u)) + (subgroupShuffle(sum2, 2u) + subgroupShuffle(sum2, 3u))) + ((subgroupShuffle(sum2, 4u) + subgroupShuffle(sum2, 5u)) + (subgroupShuffle(sum2, 6u) + subgroupShuffle(sum2, 7u))));
  let total3 = (((subgroupShuffle(sum3, 0u) + subgroupShuffle(sum3, 1u)) + (subgroupShuffle(sum3, 2u) + subgroupShuffle(sum3, 3u))) + ((subgroupShuffle(sum3, 4u) + subgroupShuffle(sum3, 5u)) + (subgroupShuffle(sum3, 6u) + subgroupShuffle(sum3, 7u))));
  let total4 = (((subgroupShuffle(sum4, 0u) + subgroupShuffle(sum4, 1u)) + (subgroupShuffle(sum4, 2u) + subgroupShuffle(sum4, 3u))) + ((subgroupShuffle(sum4, 4u) + subgroupShuffle(sum4, 5u)) + (subgroupShuffle(sum4, 6u) + subgroupShuffle(sum4, 7u))));
  let total5 = (((subgroupShuffle(sum5, 0u) + subgroupShuffle(sum5, 1u)) + (subgroupShuffle(sum5, 2u) + subgroupShuffle(sum5, 3u))) + ((subgroupShuffle(sum5, 4u) + subgroupShuffle(sum5, 5u)) + (subgroupShuffle(sum5, 6u) + subgroupShuffle(sum5, 7u))));
  let total6 = (((subgroupShuffle(sum6, 0u) + subgroupShuffle(sum6, 1u)) + (subgroupShuffle(sum6, 2u) + subgroupShuffle(sum6, 3u))) + ((subgroupShuffle(sum6, 4u) + subgroupShuffle(sum6, 5u)) + (subgroupShuffle(sum6, 6u) + subgroupShuffle(sum6, 7u))));
  let total7 = (((subgroupShuffle(sum7, 0u) + subgroupShuffle(sum7, 1u)) + (subgroupShuffle(sum7, 2u) + subgroupShuffle(sum7, 3u))) + ((subgroupShuffle(sum7, 4u) + subgroupShuffle(sum7, 5u)) + (subgroupShuffle(sum7, 6u) + subgroupShuffle(sum7, 7u))));
  if (first + 0u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 0u) * C + head + lane + 0u] = o0_0 / total0;
  }
  if (first + 1u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 1u) * C + head + lane + 0u] = o1_0 / total1;
  }
  if (first + 2u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 2u) * C + head + lane + 0u] = o2_0 / total2;
  }
  if (first + 3u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 3u) * C + head + lane + 0u] = o3_0 / total3;
  }
  if (first + 4u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 4u) * C + head + lane + 0u] = o4_0 / total4;
  }
  if (first + 5u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 5u) * C + head + lane + 0u] = o5_0 / total5;
  }
  if (first + 6u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 6u) * C + head + lane + 0u] = o6_0 / total6;
  }
  if (first + 7u < shape.T && lane + 0u < shape.D) {
    y[(sequence + first + 7u) * C + head + lane + 0u] = o7_0 / total7;
  }

  if (first + lane < shape.T) {
    lse[statistics + first + lane] = select(select(select(select(select(select(select(most0 + log(total0), most1 + log(total1), lane == 1u), most2 + log(total2), lane == 2u), most3 + log(total3), lane == 3u), most4 + log(total4), lane == 4u), most5 + log(total5), lane == 5u), most6 + log(total6), lane == 6u), most7 + log(total7), lane == 7u);
  }
}
