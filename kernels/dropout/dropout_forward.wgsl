// Zeroes elements at random and scales the rest, so that the mean stays.
// The backward pass is the same kernel on d_y.
//   y[i] = x[i] / (1 - PROBABILITY) where u(i) >= PROBABILITY, else 0
//   u(i) = random_unit(seed, step, SITE, first_sample + i / SAMPLE, i % SAMPLE)
// x, y [SIZE] Vectors, SAMPLE Vectors per sample; control StepControl.
// Invocation i of the grid, rows of 64 * num_workgroups.x, computes Vector i.
// y is overwritten, or added to with ACCUMULATE = 1.
// Snippets: vector_4 or vector_1, step_control, random. Reference: dropout_reference.ts
// Paper: Srivastava et al., "Dropout" (JMLR 2014), https://jmlr.org/papers/v15/srivastava14a.html
override SIZE: u32;
override SAMPLE: u32;
override SITE: u32;
override PROBABILITY: f32;
override SCALE: f32; // 1 / (1 - PROBABILITY)
override ACCUMULATE: u32 = 0u;
@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read> control: StepControl;
@group(0) @binding(2) var<storage, read_write> y: array<Vector>;

// Random numbers of the elements of the Vector that starts at element `first` of the sample.
fn units(sample: u32, first: u32) -> Vector {
  let drawn = random_unit_4(control.seed, control.step, SITE, sample, first / 4u);
  let position = elements(first % 4u);
  var picked = Vector(drawn.x);
  picked = select(picked, Vector(drawn.y), position == VectorIndex(1u));
  picked = select(picked, Vector(drawn.z), position == VectorIndex(2u));
  return select(picked, Vector(drawn.w), position == VectorIndex(3u));
}

@compute @workgroup_size(64)
fn dropout_forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= SIZE) { return; }
  let keeps = units(control.first_sample + i / SAMPLE, (i % SAMPLE) * VECTOR_WIDTH) >= Vector(PROBABILITY);
  let kept = select(Vector(), x[i] * SCALE, keeps);
  if (ACCUMULATE == 1u) {
    y[i] += kept;
  } else {
    y[i] = kept;
  }
}
