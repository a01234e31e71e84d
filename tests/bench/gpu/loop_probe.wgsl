// Counts how many iterations a loop really makes: software adapters stop without a word.
// limits [2]: iterations of one loop; iterations of each of two nested loops. result [2]: iterations counted. What is
// counted depends on a sequence (Knuth and Lewis' linear congruence, which does not come by 0 in ten million turns from 1),
// so that no compiler replaces the loop by its result.
@group(0) @binding(0) var<storage, read_write> result: array<u32>;
@group(0) @binding(1) var<storage, read> limits: array<u32>;

@compute @workgroup_size(1)
fn loop_probe() {
  var state = 1u;
  var count = 0u;
  for (var i = 0u; i < limits[0]; i++) {
    state = state * 1664525u + 1013904223u;
    count += u32(state != 0u);
  }
  result[0] = count;
  var nested = 0u;
  for (var i = 0u; i < limits[1]; i++) {
    for (var j = 0u; j < limits[1]; j++) {
      state = state * 1664525u + 1013904223u;
      nested += u32(state != 0u);
    }
  }
  result[1] = nested;
}
