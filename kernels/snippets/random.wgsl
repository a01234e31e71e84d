// Random numbers that are a function of a counter (seed, step, call site, sample, element): nothing is
// stored, so a recomputed pass, smaller micro-batches and other devices draw the same. Four neighbouring
// elements share one hash.
//   key = pcg4d(seed, step, site, sample),   words = pcg4d(key.xyz, key.w + element / 4),
//   random_unit = upper 24 bits of words[element % 4] / 2^24
// Twin, bit for bit: random.ts
// Paper: Jarzynski, Olano, "Hash Functions for GPU Rendering" (2020), https://jcgt.org/published/0009/03/02/
fn pcg4d(input: vec4u) -> vec4u {
  var v = input * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

// Numbers in [0, 1) of elements 4 block to 4 block + 3.
fn random_unit_4(seed: u32, step: u32, site: u32, sample: u32, block: u32) -> vec4f {
  var key = pcg4d(vec4u(seed, step, site, sample));
  key.w += block;
  return vec4f(pcg4d(key) >> vec4u(8u)) * (1.0 / 16777216.0);
}

// Number in [0, 1) of one element.
fn random_unit(seed: u32, step: u32, site: u32, sample: u32, element: u32) -> f32 {
  let units = random_unit_4(seed, step, site, sample, element / 4u);
  let pair = select(units.xy, units.zw, (element & 2u) != 0u);
  return select(pair.x, pair.y, (element & 1u) != 0u);
}
