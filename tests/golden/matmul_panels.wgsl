// Product of few rows with a weight in panels: 1 rows by 64 columns of C a wave.
//   C[m, n] = sum_k norm(A)[m, k] W[k, n]
// Written by matmul_panels.ts, which says why. Workgroup (x, y) computes rows 1 x to 1 x + 0 of panels
// y, y + groups.y, ... Sums in f32, in order of k whatever the number of rows.
struct PanelShape { M: u32, N: u32, K: u32, width: u32, rows_per_panel: u32, panels: u32 }
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var w: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(3) var<uniform> shape: PanelShape;
@group(0) @binding(4) var<storage, read> bias: array<vec4f>;
@group(0) @binding(5) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(6) var<storage, read> beta: array<vec4f>;
var<workgroup> normalised: array<vec4f, 16>;

fn left_at(m: u32, v: u32) -> vec4f {
  if (v * 4u >= shape.K) { return vec4f(); }
  return normalised[(m % 1u) * (shape.K / 4u) + v];
}
fn store(m: u32, v: u32, sum: vec4f) {
  if (m >= shape.M || v * 4u >= shape.N) { return; }
  let i = m * (shape.N / 4u) + v;
  var value = sum;
  value += bias[v];
  value = gelu(value);
  c[i] = value;
}

@compute @workgroup_size(8)
fn matmul_panels(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let lane = local.x;
  let m0 = group.x * 1u;
  let vectors = shape.K / 4u;
  for (var r = 0u; r < 1u; r++) {
    let row = min(m0 + r, shape.M - 1u) * vectors;
    var sum = vec4f();
    for (var v = lane; v < vectors; v += 8u) { sum += a[row + v]; }
    let mean = subgroupAdd(total(sum)) / f32(shape.K);
    var squares = vec4f();
    for (var v = lane; v < vectors; v += 8u) {
      let centred = a[row + v] - mean;
      squares += centred * centred;
    }
    let rstd = inverseSqrt(subgroupAdd(total(squares)) / f32(shape.K) + f32(0.00001));
    for (var v = lane; v < vectors; v += 8u) {
      var value = (a[row + v] - mean) * rstd * gamma[v];
      value += beta[v];
      normalised[r * vectors + v] = value;
    }
  }
  workgroupBarrier();
  for (var panel = group.y; panel < shape.panels; panel += groups.y) {
    var sum0_0 = vec4f();
    var sum0_1 = vec4f();
    var y = panel * shape.rows_per_panel;
    var x = lane;
    for (var k = 0u; k < shape.K; k += 32u) {
      let left0 = left_at(m0, k / 4u + 0u + lane / 1u);
      let w0_0 = textureLoad(w, vec2u(x + 0u, y));
      let w0_1 = textureLoad(w, vec2u(x + 8u, y));
      let a0_0 = subgroupShuffle(left0.x, 0u);
      sum0_0 += a0_0 * w0_0;
      sum0_1 += a0_0 * w0_1;
      let w1_0 = textureLoad(w, vec2u(x + 16u, y));
      let w1_1 = textureLoad(w, vec2u(x + 24u, y));
      let a1_0 = subgroupShuffle(left0.y, 0u);
      sum0_0 += a1_0 * w1_0;
      sum0_1 += a1_0 * w1_1;
      let w2_0 = textureLoad(w, vec2u(x + 32u, y));
      let w2_1 = textureLoad(w, vec2u(x + 40u, y));
      let a2_0 = subgroupShuffle(left0.z, 0u);
      sum0_0 += a2_0 * w2_0;
      sum0_1 += a2_0 * w2_1;
      let w3_0 = textureLoad(w, vec2u(x + 48u, y));
      let w3_1 = textureLoad(w, vec2u(x + 56u, y));
      let a3_0 = subgroupShuffle(left0.w, 0u);
      sum0_0 += a3_0 * w3_0;
      sum0_1 += a3_0 * w3_1;
      let w4_0 = textureLoad(w, vec2u(x + 64u, y));
      let w4_1 = textureLoad(w, vec2u(x + 72u, y));
      let a4_0 = subgroupShuffle(left0.x, 1u);
      sum0_0 += a4_0 * w4_0;
      sum0_1 += a4_0 * w4_1;
      let w5_0 = textureLoad(w, vec2u(x + 80u, y));
      let w5_1 = textureLoad(w, vec2u(x + 88u, y));
      let a5_0 = subgroupShuffle(left0.y, 1u);
      sum0_0 += a5_0 * w5_0;
      sum0_1 += a5_0 * w5_1;
      let w6_0 = textureLoad(w, vec2u(x + 96u, y));
      let w6_1 = textureLoad(w, vec2u(x + 104u, y));
      let a6_0 = subgroupShuffle(left0.z, 1u);
      sum0_0 += a6_0 * w6_0;
      sum0_1 += a6_0 * w6_1;
      let w7_0 = textureLoad(w, vec2u(x + 112u, y));
      let w7_1 = textureLoad(w, vec2u(x + 120u, y));
      let a7_0 = subgroupShuffle(left0.w, 1u);
      sum0_0 += a7_0 * w7_0;
      sum0_1 += a7_0 * w7_1;
      let w8_0 = textureLoad(w, vec2u(x + 128u, y));
      let w8_1 = textureLoad(w, vec2u(x + 136u, y));
      let a8_0 = subgroupShuffle(left0.x, 2u);
      sum0_0 += a8_0 * w8_0;
      sum0_1 += a8_0 * w8_1;
      let w9_0 = textureLoad(w, vec2u(x + 144u, y));
      let w9_1 = textureLoad(w, vec2u(x + 152u, y));
      let a9_0 = subgroupShuffle(left0.y, 2u);
      sum0_0 += a9_0 * w9_0;
      sum0_1 += a9_0 * w9_1;
      let w10_0 = textureLoad(w, vec2u(x + 160u, y));
      let w10_1 = textureLoad(w, vec2u(x + 168u, y));
      let a10_0 = subgroupShuffle(left0.z, 2u);
      sum0_0 += a10_0 * w10_0;
      sum0_1 += a10_0 * w10_1;
      let w11_0 = textureLoad(w, vec2u(x + 176u, y));
      let w11_1 = textureLoad(w, vec2u(x + 184u, y));
      let a11_0 = subgroupShuffle(left0.w, 2u);
      sum0_0 += a11_0 * w11_0;
      sum0_1 += a11_0 * w11_1;
      let w12_0 = textureLoad(w, vec2u(x + 192u, y));
      let w12_1 = textureLoad(w, vec2u(x + 200u, y));
      let a12_0 = subgroupShuffle(left0.x, 3u);
      sum0_0 += a12_0 * w12_0;
      sum0_1 += a12_0 * w12_1;
      let w13_0 = textureLoad(w, vec2u(x + 208u, y));
      let w13_1 = textureLoad(w, vec2u(x + 216u, y));
      let a13_0 = subgroupShuffle(left0.y, 3u);
      sum0_0 += a13_0 * w13_0;
      sum0_1 += a13_0 * w13_1;
      let w14_0 = textureLoad(w, vec2u(x + 224u, y));
      let w14_1 = textureLoad(w, vec2u(x + 232u, y));
      let a14_0 = subgroupShuffle(left0.z, 3u);
      sum0_0 += a14_0 * w14_0;
      sum0_1 += a14_0 * w14_1;
      let w15_0 = textureLoad(w, vec2u(x + 240u, y));
      let w15_1 = textureLoad(w, vec2u(x + 248u, y));
      let a15_0 = subgroupShuffle(left0.w, 3u);
      sum0_0 += a15_0 * w15_0;
      sum0_1 += a15_0 * w15_1;
      let w16_0 = textureLoad(w, vec2u(x + 256u, y));
      let w16_1 = textureLoad(w, vec2u(x + 264u, y));
      let a16_0 = subgroupShuffle(left0.x, 4u);
      sum0_0 += a16_0 * w16_0;
      sum0_1 += a16_0 * w16_1;
      let w17_0 = textureLoad(w, vec2u(x + 272u, y));
      let w17_1 = textureLoad(w, vec2u(x + 280u, y));
      let a17_0 = subgroupShuffle(left0.y, 4u);
      sum0_0 += a17_0 * w17_0;
      sum0_1 += a17_0 * w17_1;
      let w18_0 = textureLoad(w, vec2u(x + 288u, y));
      let w18_1 = textureLoad(w, vec2u(x + 296u, y));
      let a18_0 = subgroupShuffle(left0.z, 4u);
      sum0_0 += a18_0 * w18_0;
      sum0_1 += a18_0 * w18_1;
      let w19_0 = textureLoad(w, vec2u(x + 304u, y));
      let w19_1 = textureLoad(w, vec2u(x + 312u, y));
      let a19_0 = subgroupShuffle(left0.w, 4u);
      sum0_0 += a19_0 * w19_0;
      sum0_1 += a19_0 * w19_1;
      let w20_0 = textureLoad(w, vec2u(x + 320u, y));
      let w20_1 = textureLoad(w, vec2u(x + 328u, y));
      let a20_0 = subgroupShuffle(left0.x, 5u);
      sum0_0 += a20_0 * w20_0;
      sum0_1 += a20_0 * w20_1;
      let w21_0 = textureLoad(w, vec2u(x + 336u, y));
      let w21_1 = textureLoad(w, vec2u(x + 344u, y));
      let a21_0 = subgroupShuffle(left0.y, 5u);
      sum0_0 += a21_0 * w21_0;
      sum0_1 += a21_0 * w21_1;
      let w22_0 = textureLoad(w, vec2u(x + 352u, y));
      let w22_1 = textureLoad(w, vec2u(x + 360u, y));
      let a22_0 = subgroupShuffle(left0.z, 5u);
      sum0_0 += a22_0 * w22_0;
      sum0_1 += a22_0 * w22_1;
      let w23_0 = textureLoad(w, vec2u(x + 368u, y));
      let w23_1 = textureLoad(w, vec2u(x + 376u, y));
      let a23_0 = subgroupShuffle(left0.w, 5u);
      sum0_0 += a23_0 * w23_0;
      sum0_1 += a23_0 * w23_1;
      let w24_0 = textureLoad(w, vec2u(x + 384u, y));
      let w24_1 = textureLoad(w, vec2u(x + 392u, y));
      let a24_0 = subgroupShuffle(left0.x, 6u);
      sum0_0 += a24_0 * w24_0;
      sum0_1 += a24_0 * w24_1;
      let w25_0 = textureLoad(w, vec2u(x + 400u, y));
      let w25_1 = textureLoad(w, vec2u(x + 408u, y));
      let a25_0 = subgroupShuffle(left0.y, 6u);
      sum0_0 += a25_0 * w25_0;
      sum0_1 += a25_0 * w25_1;
      let w26_0 = textureLoad(w, vec2u(x + 416u, y));
      let w26_1 = textureLoad(w, vec2u(x + 424u, y));
      let a26_0 = subgroupShuffle(left0.z, 6u);
      sum0_0 += a26_0 * w26_0;
      sum0_1 += a26_0 * w26_1;
      let w27_0 = textureLoad(w, vec2u(x + 432u, y));
      let w27_1 = textureLoad(w, vec2u(x + 440u, y));
      let a27_0 = subgroupShuffle(left0.w, 6u);
      sum0_0 += a27_0 * w27_0;
      sum0_1 += a27_0 * w27_1;
      let w28_0 = textureLoad(w, vec2u(x + 448u, y));
      let w28_1 = textureLoad(w, vec2u(x + 456u, y));
      let a28_0 = subgroupShuffle(left0.x, 7u);
      sum0_0 += a28_0 * w28_0;
      sum0_1 += a28_0 * w28_1;
      let w29_0 = textureLoad(w, vec2u(x + 464u, y));
      let w29_1 = textureLoad(w, vec2u(x + 472u, y));
      let a29_0 = subgroupShuffle(left0.y, 7u);
      sum0_0 += a29_0 * w29_0;
      sum0_1 += a29_0 * w29_1;
      let w30_0 = textureLoad(w, vec2u(x + 480u, y));
      let w30_1 = textureLoad(w, vec2u(x + 488u, y));
      let a30_0 = subgroupShuffle(left0.z, 7u);
      sum0_0 += a30_0 * w30_0;
      sum0_1 += a30_0 * w30_1;
      let w31_0 = textureLoad(w, vec2u(x + 496u, y));
      let w31_1 = textureLoad(w, vec2u(x + 504u, y));
      let a31_0 = subgroupShuffle(left0.w, 7u);
      sum0_0 += a31_0 * w31_0;
      sum0_1 += a31_0 * w31_1;
      x += 512u;
      if (x >= shape.width) {
        x = lane;
        y++;
      }
    }
    store(m0 + 0u, panel * 16u + 0u + lane, sum0_0);
    store(m0 + 0u, panel * 16u + 8u + lane, sum0_1);
  }
}
