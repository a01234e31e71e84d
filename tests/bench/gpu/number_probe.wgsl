// Asks the adapter what it makes of numbers that are not finite, and how it rounds. Inputs come from memory, so that no
// compiler knows them.
// x [9]: NaN, infinity, 0, 1, 100, -1, 1e-40, 1 + 2^-12, 3e38. result [24]: answers as bits, by their place in ANSWERS of
// probe_numbers.ts. One invocation computes everything.
@group(0) @binding(0) var<storage, read_write> result: array<u32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;

fn isNan(value: f32) -> bool { return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u; }

@compute @workgroup_size(1)
fn number_probe() {
  let nan = x[0];
  let infinity = x[1];
  let zero = x[2];
  let one = x[3];
  let hundred = x[4];
  let tiny = x[6];
  let a = x[7];
  result[0] = u32(nan != nan);
  result[1] = u32(isNan(nan));
  result[2] = bitcast<u32>(max(nan, zero));
  result[3] = bitcast<u32>(max(zero, nan));
  result[4] = bitcast<u32>(min(nan, zero));
  result[5] = bitcast<u32>(clamp(nan, zero, one));
  result[6] = bitcast<u32>(select(nan, 0.0, nan <= zero));
  result[7] = bitcast<u32>(exp(hundred));
  result[8] = bitcast<u32>(exp(-2.0 * hundred));
  result[9] = bitcast<u32>(infinity - infinity);
  result[10] = bitcast<u32>(infinity * zero);
  result[11] = bitcast<u32>(one / zero);
  result[12] = bitcast<u32>(log(zero));
  result[13] = bitcast<u32>(sqrt(x[5]));
  result[14] = bitcast<u32>(tanh(hundred));
  result[15] = bitcast<u32>(x[8] * hundred);
  result[16] = bitcast<u32>(tiny * one);
  result[17] = bitcast<u32>(fma(a, a, -(one + 0.00048828125)));
  result[18] = bitcast<u32>(a * a - (one + 0.00048828125));
  result[19] = bitcast<u32>(one / (one + one + one));
  result[20] = bitcast<u32>(exp(one));
  result[21] = bitcast<u32>(inverseSqrt(one + one));
  result[22] = bitcast<u32>(sqrt(one + one));
  result[23] = u32((bitcast<u32>(infinity) & 0x7fffffffu) == 0x7f800000u);
}
