import { assertEquals, assertThrows } from "@std/assert";
import { add } from "../../kernels/add/add.ts";
import { fuseEpilogues } from "../../kernels/matmul/fuse_epilogues.ts";
import type { KernelFamily } from "../../kernels/program/lowering.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { copy } from "../../kernels/copy/copy.ts";
import { quantizedMatmul } from "../../kernels/quantized_matmul/quantized_matmul.ts";
import {
  createQuantizedMatrix,
  type QuantizedBits,
  quantizeMatrix,
} from "../../kernels/quantized_matmul/quantized_matrix.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, inputTensor, randomFloats } from "../support/operation_checks.ts";

const FAMILIES: KernelFamily[] = ["wave", "tile", "plain"];
const BITS: QuantizedBits[] = [8, 4];

Deno.test("quantizedMatmul() refuses different inner dimensions", () => {
  const matrix = createQuantizedMatrix("w", { bits: 8, K: 4, N: 5 });
  assertThrows(
    () => quantizedMatmul(new Tape(), inputTensor("x", [2, 3]), matrix),
    TypeError,
    "need [..., K] and [K, N]",
  );
});

interface Product {
  readonly bits: QuantizedBits;
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly transposed?: boolean;
  readonly bias?: boolean;
  readonly activation?: "none" | "gelu" | "relu";
  readonly residual?: boolean;
}

async function assertProductMatches(product: Product, kernels: KernelFamily): Promise<void> {
  await using gpu = await openTestGpu({ kernels });
  if (!gpu) return;
  await using reference = openReferenceBackend();
  const { M, K, N } = product;
  const x = inputTensor("x", [M, K]);
  const matrix = createQuantizedMatrix("w", product);
  const bias = product.bias ? inputTensor("bias", [N]) : undefined;
  const tape = new Tape();
  const residual = product.residual ? inputTensor("residual", [M, N]) : undefined;
  const values = quantizedMatmul(tape, x, matrix, { bias, activation: product.activation });
  const y = residual ? add(tape, residual, values) : values;
  assertEquals(fuseEpilogues(tape.calls).length, 1, "a residual needs no dispatch of its own");
  const kept = createTensor("kept", [M, N], { lifetime: "persistent" });
  copy(tape, y, kept);
  const weights = randomFloats(K * N, 3);
  for (const backend of [gpu, reference]) {
    backend.write(x, randomFloats(M * K, 1));
    backend.write(matrix.packed, quantizeMatrix(weights, product));
    if (bias) backend.write(bias, randomFloats(N, 2));
    if (residual) backend.write(residual, randomFloats(M * N, 4));
    backend.compile(tape.calls, "product").replay();
  }
  assertClose(await gpu.read(kept), await reference.read(kept), { name: "y" });
}

for (const kernels of FAMILIES) {
  for (const bits of BITS) {
    for (
      const [M, K, N] of [[1, 1, 1], [1, 96, 64], [3, 123, 7], [16, 64, 128], [20, 40, 99], [70, 100, 65]]
    ) {
      Deno.test(`quantizedMatmul() q${bits} ${M}x${K}x${N} with bias and gelu matches the reference (${kernels})`, async () => {
        await assertProductMatches({ bits, M, K, N, bias: true, activation: "gelu" }, kernels);
      });
    }
    for (const [M, K, N] of [[1, 96, 64], [5, 33, 7], [20, 64, 100]]) {
      Deno.test(`quantizedMatmul() q${bits} ${M}x${K}x${N} with a residual matches the reference (${kernels})`, async () => {
        await assertProductMatches({ bits, M, K, N, residual: true }, kernels);
      });
    }
    for (const M of [1, 5]) {
      Deno.test(`quantizedMatmul() q${bits} of ${M} rows with the transposed weight of 50,257 columns matches the reference (${kernels})`, async () => {
        await assertProductMatches({ bits, M, K: 8, N: 50257, transposed: true }, kernels);
      });
    }
  }
}

Deno.test("quantizedMatmul() of a strip too long for a texture matches the reference", async () => {
  // 17 texels of 16 bytes for 64 k, eight quads wide: more than the 16,384 texels of the widest texture.
  for (const M of [1, 20]) await assertProductMatches({ bits: 8, M, K: 8192, N: 33 }, "wave");
});
