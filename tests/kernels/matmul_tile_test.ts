import { assert, assertEquals } from "@std/assert";
import { wholeOperand } from "../../kernels/matmul/matmul_spec.ts";
import { copy } from "../../kernels/copy/copy.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor, type Tensor, viewOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
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
  for (const splits of tile === "4x4/32" ? [2, 4] : [2]) {
    const variant = `${tile} split ${splits}`;
    Deno.test(`lowerMatmul() adds the parts of a sum and sends them through the epilogue (tile ${variant})`, async () => {
      for (const mode of ["NN", "NT", "TN"] as const) {
        const wanted = wanting(variant);
        // The last part is shorter, and no multiple of a slice.
        const spec = wholeProduct(mode, { M: 36, N: 40, K: 1028 }, { accumulate: true, bias: true });
        const preActivation = createTensor("pre_activation", [36, 40], { lifetime: "persistent" });
        const residual = createTensor("residual", [36, 40], { lifetime: "persistent" });
        // Sums of 1,028 terms reach 20, and what is compared is what is left of them next to zero.
        const options = { ...wanted, tolerance: 4e-4 };
        await assertProductMatches({ ...spec, activation: "gelu", preActivation, residual }, "tile", options);
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

Deno.test("lowerMatmul() adds what stands beside C once to a sum of several dispatches", async () => {
  const spec = wholeProduct("NN", { M: 12, N: 4, K: 33000 }, { bias: true });
  const residual = createTensor("residual", [12, 4], { lifetime: "persistent" });
  await assertProductMatches({ ...spec, residual }, "tile", wanting("4x4/32"));
});

/** A weight among others in one storage, at an offset that is no multiple of 256 bytes in its f16 copy. */
function weightWithin(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const all = createTensor("parameters", [64 + Math.ceil(size / 64) * 64], { lifetime: "parameter" });
  return viewOf(all, { offset: 64, shape });
}

for (const variant of [...TILES, "4x4/32 split 2"]) {
  Deno.test(`lowerMatmul() reads f16 copies of weights to within 1e-2 of the reference (tile ${variant})`, async () => {
    if (!await hasF16()) return;
    for (const mode of ["NN", "NT"] as const) {
      const wanted = wanting(variant);
      // The errors of 516 rounded weights add up to more, and their products cancel.
      const [K, tolerance] = variant.includes("split") ? [516, 4e-2] : [44, 1e-2];
      const spec = wholeProduct(mode, { M: 76, N: 72, K });
      const b = wholeOperand(weightWithin(spec.b.tensor.shape));
      const options = { ...wanted, operands: "f16" as const };
      await assertProductMatches({ ...spec, b }, "tile", { ...options, tolerance });
      assert(wanted.wasOffered);
      const isExact = await assertProductMatches({ ...spec, b }, "tile", options).then(
        () => true,
        () => false,
      );
      assert(!isExact, "the copy was not read: the product is as exact as with f32");
    }
  });
}

Deno.test("lowerMatmul() reads the parameters as the host wrote them last (f16)", async () => {
  if (!await hasF16()) return;
  await using gpu = await openTestGpu({ kernels: "tile", operands: "f16" });
  if (!gpu) return;
  const weight = weightWithin([4, 4]);
  const x = createTensor("x", [20, 4], { lifetime: "persistent" });
  const y = createTensor("y", [20, 4], { lifetime: "persistent" });
  const tape = new Tape();
  copy(tape, matmul(tape, x, weight), y);
  const program = gpu.compile(tape.calls, "product");
  gpu.write(x, new Float32Array(80).fill(1));
  for (const value of [2, 3, 1e6]) {
    gpu.write(weight, new Float32Array(16).fill(value));
    gpu.refreshParameters();
    program.replay();
    // What f16 cannot hold is the largest number it can.
    assertEquals(await gpu.read(y), new Float32Array(80).fill(4 * Math.min(value, 65504)));
  }
});

async function hasF16(): Promise<boolean> {
  await using gpu = await openTestGpu();
  return gpu?.device.traits.hasF16 ?? false;
}
