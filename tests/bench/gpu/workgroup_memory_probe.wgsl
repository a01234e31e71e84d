// Fills COUNT words of workgroup memory and reads them back in another order. COUNT is a line set before the file.
// result [1]: words that came back wrong.
@group(0) @binding(0) var<storage, read_write> result: array<atomic<u32>>;
var<workgroup> words: array<u32, COUNT>;

@compute @workgroup_size(64)
fn workgroup_memory_probe(@builtin(local_invocation_index) index: u32) {
  for (var i = index; i < COUNT; i += 64u) { words[i] = i * 2654435761u; }
  workgroupBarrier();
  for (var i = index; i < COUNT; i += 64u) {
    let j = COUNT - 1u - i;
    if (words[j] != j * 2654435761u) { atomicAdd(&result[0], 1u); }
  }
}
