import { assertEquals } from "@std/assert";
import type { VariantChoice } from "../../../kernels/program/lowering.ts";
import { fastestVariant } from "../../../lib/tuning/time_variants.ts";

const CHOICE: VariantChoice = {
  subject: "tile NN 2x3x4",
  variants: ["usual", "slow", "fast"],
  flops: 48,
  trial: () => {},
};

/** Measures that come from a list, one entry a round. */
function rounds(...times: number[][]) {
  let round = 0;
  return { measure: () => Promise.resolve(times[round++]), rounds: times.length };
}

Deno.test("fastestVariant() takes the best round of each variant", async () => {
  const result = await fastestVariant(CHOICE, rounds([9, 9, 40], [5, 9, 4], [6, 8, 5]));
  assertEquals(result, {
    variant: "fast",
    usual: "usual",
    flops: 48,
    ms: { usual: 5, slow: 8, fast: 4 },
  });
});

Deno.test("fastestVariant() stays with the usual variant for a gain that may be chance", async () => {
  assertEquals((await fastestVariant(CHOICE, rounds([10, 10, 9.8]))).variant, "usual");
  assertEquals((await fastestVariant(CHOICE, rounds([10, 10, 9.6]))).variant, "fast");
  // One lucky round.
  assertEquals(
    (await fastestVariant(CHOICE, rounds([10, 10, 11], [12, 12, 7], [10, 10, 11]))).variant,
    "usual",
  );
});
