// Sums and maxima over the LANES invocations that share a row, by subgroup operations.
// Needs: a workgroup of (LANES, ROWS), LANES = subgroup size, lane = local x. Uniform control flow.
override LANES: u32 = 8u;
override ROWS: u32 = 8u;
fn lanes_sum(value: f32, local: vec3u) -> f32 { return subgroupAdd(value); }
fn lanes_max(value: f32, local: vec3u) -> f32 { return subgroupMax(value); }
