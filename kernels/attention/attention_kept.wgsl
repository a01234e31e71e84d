// What dropout multiplies the probability of query n and key j with: 0 or 1 / (1 - PROBABILITY). Element
// (h T + n) T + j of sample b, so that it is what dropout of stored probabilities [B, H, T, T] would draw.
// Snippets before it: step_control, random, attention_shape; the kernel binds control.
override PROBABILITY: f32;
override KEPT: f32; // 1 / (1 - PROBABILITY)
fn kept(z: u32, n: u32, j: u32) -> f32 {
  let element = ((z % shape.H) * shape.T + n) * shape.T + j;
  let sample = control.first_sample + z / shape.H;
  let unit = random_unit(control.seed, control.step, shape.site, sample, element);
  return select(0.0, KEPT, unit >= PROBABILITY);
}
