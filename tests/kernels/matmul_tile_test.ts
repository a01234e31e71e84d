import { assert, assertEquals } from "@std/assert";
import { wholeOperand } from "../../kernels/matmul/matmul_spec.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { assertGpuMatchesReference } from "../support/operation_checks.ts";
import {
  assertProductMatches,
  HEAD_CASES,
  headProduct,
  product,
  wanting,
  wholeProduct,
} from "../support/products.ts";

const TILES = ["8x8/128", "8x8/64", "4x4/64", "4x4/32"];

for (const variant of TILES) {
  // Less than a tile, several with parts of tiles at both ends, and sums that end within a slice.
  for (const size of [{ M: 4, N: 4, K: 4 }, { M: 132, N: 140, K: 36 }, { M: 257, N: 68, K: 52 }]) {
    const { M, N, K } = size;
    Deno.test(`matmul() ${M}x${K}x${N} with bias, gelu and gradients matches the reference (tile ${variant})`, async () => {
      const { chooseVariant } = wanting(variant);
      const subject = product(size, { bias: true, activation: "gelu" });
      await assertGpuMatchesReference(subject, { kernels: "tile", chooseVariant });
    });
  }

  for (const mode of ["NN", "NT", "TN"] as const) {
    Deno.test(`lowerMatmul() adds to C in mode ${mode} (tile ${variant})`, async () => {
      const wanted = wanting(variant);
      const spec = wholeProduct(mode, { M: 76, N: 72, K: 44 }, { accumulate: true, bias: true });
      await assertProductMatches(spec, "tile", wanted);
      assert(wanted.wasOffered);
    });
  }

  Deno.test(`lowerMatmul() takes the logits of a vocabulary of 65 in rows of 68 (tile ${variant})`, async () => {
    const [M, V, C] = [40, 65, 32];
    const forward = wholeProduct("NT", { M, N: V, K: C }, { pitch: 68 });
    const [logits, weight] = [forward.c, forward.b];
    const x = wholeOperand(createTensor("x", [M, C], { lifetime: "persistent" }));
    for (
      const spec of [
        forward,
        { ...forward, mode: "NN" as const, N: C, K: V, a: logits, b: weight, c: x },
        { ...forward, mode: "TN" as const, M: V, N: C, K: M, a: logits, b: x, c: weight },
      ]
    ) {
      const wanted = wanting(variant);
      await assertProductMatches(spec, "tile", wanted);
      assert(wanted.wasOffered);
    }
  });

  for (const headCase of HEAD_CASES) {
    const { mode, causality } = headCase;
    // Larger tiles than 64 would read scores that were never cleared.
    const isOffered = variant !== "8x8/128" || causality === "skip";
    Deno.test(`lowerMatmul() of attention slices ${mode} ${causality} matches the reference (tile ${variant})`, async () => {
      for (const size of [{ B: 2, H: 2, T: 72, D: 8 }, { B: 1, H: 1, T: 132, D: 36 }]) {
        const wanted = wanting(variant);
        await assertProductMatches(headProduct(headCase, size), "tile", wanted);
        assertEquals(wanted.wasOffered, isOffered);
      }
    });
  }
}

for (const tile of TILES) {
  for (const splits of [2, 4]) {
    const variant = `${tile} split ${splits}`;
    Deno.test(`lowerMatmul() adds the parts of a sum and sends them through the epilogue (tile ${variant})`, async () => {
      for (const mode of ["NN", "NT", "TN"] as const) {
        const wanted = wanting(variant);
        // The last part is shorter, and no multiple of a slice.
        const spec = wholeProduct(mode, { M: 36, N: 40, K: 1028 }, { accumulate: true, bias: true });
        const preActivation = createTensor("pre_activation", [36, 40], { lifetime: "persistent" });
        await assertProductMatches({ ...spec, activation: "gelu", preActivation }, "tile", wanted);
        assert(wanted.wasOffered);
      }
    });
  }
}

Deno.test("lowerMatmul() splits the sum of one head, whose operands are slices", async () => {
  const wanted = wanting("4x4/32 split 2");
  const spec = headProduct({ mode: "NT", causality: "skip" }, { B: 1, H: 1, T: 20, D: 512 });
  await assertProductMatches({ ...spec, causality: "none" }, "tile", wanted);
  assert(wanted.wasOffered);
});

Deno.test("lowerMatmul() splits sums past the loop limit of software adapters", async () => {
  const wanted = wanting("4x4/32 split 4");
  await assertProductMatches(wholeProduct("NN", { M: 12, N: 4, K: 70000 }), "tile", wanted);
  assert(wanted.wasOffered);
});
