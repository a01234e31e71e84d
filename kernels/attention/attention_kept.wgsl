// What dropout multiplies the probability of query n and key j with in batch entry z: 0 or 1 / (1 - PROBABILITY).
// Numbers of elements are those of stored probabilities [B, H, T, T], so that every form draws the same.
// Snippets: step_control, random, attention_shape.
override PROBABILITY: f32;
override KEPT: f32; // 1 / (1 - PROBABILITY)
@group(0) @binding(7) var<storage, read> control: StepControl;

fn kept(z: u32, n: u32, j: u32) -> f32 {
  let element = ((z % shape.H) * shape.T + n) * shape.T + j;
  let sample = control.first_sample + z / shape.H;
  let unit = random_unit(control.seed, control.step, shape.site, sample, element);
  return select(0.0, KEPT, unit >= PROBABILITY);
}
