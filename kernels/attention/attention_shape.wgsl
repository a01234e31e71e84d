// What the attention kernels that never store the scores have in common, for each sequence and head.
//   S[n, j] = SCALE q[n] . k[j],   P[n, j] = exp(S[n, j] - lse[n]) for j <= n, else 0
//   dS[n, j] = P[n, j] (kept(n, j) d_y[n] . v[j] - delta[n]),   delta[n] = d_y[n] . y[n]
// where kept is what dropout multiplies a probability with: attention_kept.wgsl, or attention_kept_all.wgsl.
// Reference: attention_reference.ts. Paper: Dao, "FlashAttention-2", https://arxiv.org/abs/2307.08691
struct AttentionShape {
  T: u32, // positions of a sequence
  H: u32, // heads
  D: u32, // Vectors of a head
  site: u32, // of the random numbers of dropout
}
override SCALE: f32;
@group(0) @binding(0) var<uniform> shape: AttentionShape;
const LOWEST = -3.4e38f;

// Causality gives later queries more to do: one from the front, one from the back, so that any two halves of
// a grid take the same time.
fn balanced(i: u32, count: u32) -> u32 {
  return select(i / 2u, count - 1u - i / 2u, i % 2u == 1u);
}
