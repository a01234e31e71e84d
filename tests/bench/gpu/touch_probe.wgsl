// Next to nothing: what a dispatch costs beside its work.
// result [1] is added to by each dispatch, so that one has to wait for the other, as the kernels of a step do.
@group(0) @binding(0) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(1)
fn touch_probe() { result[0] += 1u; }
