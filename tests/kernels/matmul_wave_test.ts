import { assert } from "@std/assert";
import { assertGpuMatchesReference } from "../support/operation_checks.ts";
import {
  assertProductMatches,
  HEAD_CASES,
  headProduct,
  product,
  wanting,
  wholeProduct,
} from "../support/products.ts";

for (const variant of ["16x2", "16x1", "8x2", "8x1"]) {
  Deno.test(`matmul() with bias, gelu and gradients matches the reference (wave ${variant})`, async () => {
    for (const size of [{ M: 33, N: 100, K: 72 }, { M: 130, N: 36, K: 65 }]) {
      const wanted = wanting(variant);
      const subject = product(size, { bias: true, activation: "gelu" });
      await assertGpuMatchesReference(subject, { ...wanted, kernels: "wave" });
      assert(wanted.wasOffered);
    }
  });

  Deno.test(`lowerMatmul() of slices and padded rows matches the reference (wave ${variant})`, async () => {
    const wanted = wanting(variant);
    for (const headCase of HEAD_CASES) {
      await assertProductMatches(headProduct(headCase, { B: 2, H: 2, T: 72, D: 8 }), "wave", wanted);
    }
    await assertProductMatches(wholeProduct("NT", { M: 40, N: 65, K: 32 }, { pitch: 68 }), "wave", wanted);
    assert(wanted.wasOffered);
  });
}
