import { assertAlmostEquals, assertEquals } from "@std/assert";
import { benchMatrix, productError } from "./bench_matrix.ts";
import { lastValidationLoss } from "./nanogpt_run.ts";

Deno.test("benchMatrix() is the same for a seed, another for another, and within half of zero", () => {
  const a = benchMatrix(7, 9, 1);
  assertEquals(a.length, 63);
  assertEquals(a, benchMatrix(7, 9, 1));
  assertEquals(a.every((value, i) => value !== benchMatrix(7, 9, 2)[i] && Math.abs(value) <= 0.5), true);
});

Deno.test("productError() finds a wrong element at each place it checks", () => {
  const size = { M: 3, N: 4, K: 5 };
  const [a, b] = [benchMatrix(3, 5, 1), benchMatrix(5, 4, 2)];
  const c = new Float64Array(12);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 4; j++) {
      for (let k = 0; k < 5; k++) c[i * 4 + j] += a[i * 5 + k] * b[k * 4 + j];
    }
  }
  assertAlmostEquals(productError(size, { a, b, c }), 0);
  for (const wrong of [0, 3, 6, 8, 11]) {
    assertAlmostEquals(productError(size, { a, b, c: c.with(wrong, c[wrong] + 1) }), 1);
  }
});

Deno.test("lastValidationLoss() reads the last that was printed", () => {
  const output = "step 250: validation loss 2.6664, x\nstep 500: validation loss 1.8653, y\nA sample\n";
  assertEquals(lastValidationLoss(output), 1.8653);
  assertEquals(lastValidationLoss("nothing"), NaN);
});
