// How invocations of a workgroup of WIDTH lie in subgroups. Each invocation writes four words: its lane, the size of its
// subgroup, the index of its neighbour by shuffle, and how many lanes take part.
override WIDTH: u32;
@group(0) @binding(0) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(WIDTH)
fn lane_probe(
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) size: u32,
) {
  result[4u * index] = lane;
  result[4u * index + 1u] = size;
  result[4u * index + 2u] = subgroupShuffleXor(index, 1u);
  result[4u * index + 3u] = subgroupAdd(1u);
}
