// Counts how many iterations a loop really makes: software adapters stop without a word.
// limits [2]: iterations of one loop; iterations of each of two nested loops. result [2]: iterations counted.
@group(0) @binding(0) var<storage, read_write> result: array<u32>;
@group(0) @binding(1) var<storage, read> limits: array<u32>;

@compute @workgroup_size(1)
fn loop_probe() {
  var count = 0u;
  for (var i = 0u; i < limits[0]; i++) { count += 1u; }
  result[0] = count;
  var nested = 0u;
  for (var i = 0u; i < limits[1]; i++) {
    for (var j = 0u; j < limits[1]; j++) { nested += 1u; }
  }
  result[1] = nested;
}
