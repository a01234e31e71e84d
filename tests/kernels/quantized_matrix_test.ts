import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  dequantizeMatrix,
  type QuantizedBits,
  quantizedBytes,
  quantizedValue,
  quantizeMatrix,
  scaleValue,
} from "../../kernels/quantized_matmul/quantized_matrix.ts";
import { randomFloats } from "../support/operation_checks.ts";

const BITS: QuantizedBits[] = [8, 4];

const sizes = fc.record({
  bits: fc.constantFrom(...BITS),
  K: fc.integer({ min: 1, max: 140 }),
  N: fc.integer({ min: 1, max: 70 }),
});

Deno.test("quantizeMatrix() rounds every weight by half a step at most", () => {
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 1e6 }),
      fc.constantFrom(1e-42, 1e-9, 0.02, 3e8),
      (size, seed, scale) => {
        const weights = randomFloats(size.K * size.N, seed, scale);
        const words = quantizeMatrix(weights, size);
        for (let k = 0; k < size.K; k++) {
          for (let n = 0; n < size.N; n++) {
            const error = Math.abs(weights[k * size.N + n] - quantizedValue(words, size, k, n));
            const step = Math.abs(scaleValue(words, size, k, n));
            assert(error <= step * 0.5000001, `${error} with steps of ${step}`);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("quantizeMatrix() packs numbers that unpack to themselves", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 1e6 }), fc.boolean(), (size, seed, transposed) => {
      const half = 2 ** (size.bits - 1);
      // Whole numbers with the lowest one in every group: the scale of such a group is 1.
      const whole = randomFloats(size.K * size.N, seed, half).map((x) => Math.min(half - 1, Math.round(x)));
      for (let n = 0; n < size.N; n++) {
        for (let k = 0; k < size.K; k += 32) whole[transposed ? n * size.K + k : k * size.N + n] = -half;
      }
      const words = quantizeMatrix(whole, { ...size, transposed });
      assertEquals(dequantizeMatrix(words, size, { transposed }), Float64Array.from(whole, (x) => x + 0));
    }),
    { numRuns: 60 },
  );
});

Deno.test("quantizeMatrix() needs 8.5 and 4.5 bits a weight", () => {
  assertEquals(quantizedBytes({ bits: 8, K: 768, N: 3072 }) * 8, 768 * 3072 * 8.5);
  assertEquals(quantizedBytes({ bits: 4, K: 768, N: 3072 }) * 8, 768 * 3072 * 4.5);
});

Deno.test("quantizeMatrix() refuses what is not finite", () => {
  for (const value of [NaN, Infinity]) {
    assertThrows(() => quantizeMatrix([1, value], { bits: 8, K: 2, N: 1 }), RangeError, "must be finite");
  }
});
