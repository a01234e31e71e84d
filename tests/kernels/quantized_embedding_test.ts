import { assertEquals, assertThrows } from "@std/assert";
import type { KernelFamily } from "../../kernels/program/lowering.ts";
import { copy } from "../../kernels/copy/copy.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { createTensor } from "../../kernels/program/tensor.ts";
import { quantizedEmbedding } from "../../kernels/quantized_embedding/quantized_embedding.ts";
import {
  createQuantizedMatrix,
  type QuantizedBits,
  quantizeMatrix,
} from "../../kernels/quantized_matmul/quantized_matrix.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, inputTensor, randomFloats, randomIntegers } from "../support/operation_checks.ts";

const FAMILIES: KernelFamily[] = ["wave", "tile"];
const BITS: QuantizedBits[] = [8, 4];

for (const kernels of FAMILIES) {
  for (const bits of BITS) {
    for (const [N, V, C] of [[1, 1, 1], [8, 64, 64], [5, 99, 123], [70, 33, 100]]) {
      Deno.test(`quantizedEmbedding() q${bits} of ${N} tokens, table ${V}x${C}, matches the reference (${kernels})`, async () => {
        await using gpu = await openTestGpu({ kernels });
        if (!gpu) return;
        await using reference = openReferenceBackend();
        const tokens = inputTensor("tokens", [N], { dtype: "u32" });
        const positions = inputTensor("positions", [N], { dtype: "u32" });
        const positionTable = inputTensor("wpe", [7, C]);
        const tokenTable = createQuantizedMatrix("wte", { bits, K: C, N: V });
        const tape = new Tape();
        const kept = createTensor("kept", [N, C], { lifetime: "persistent" });
        copy(tape, quantizedEmbedding(tape, { tokens, positions, tokenTable, positionTable }), kept);
        for (const backend of [gpu, reference]) {
          // The last token and the last position are beyond the tables.
          backend.write(tokens, randomIntegers(N, 1, V).with(N - 1, V + 3));
          backend.write(positions, randomIntegers(N, 2, 7).with(N - 1, 0xffffffff));
          backend.write(positionTable, randomFloats(7 * C, 3));
          const table = quantizeMatrix(randomFloats(V * C, 4), { bits, K: C, N: V, transposed: true });
          backend.write(tokenTable.packed, table);
          backend.compile(tape.calls, "embedding").replay();
        }
        const expected = await reference.read(kept);
        assertEquals(expected.some((value) => value !== 0), true);
        assertClose(await gpu.read(kept), expected, { name: "y" });
      });
    }
  }
}

Deno.test("quantizedEmbedding() refuses rows of two lengths", () => {
  const integers = (name: string) => inputTensor(name, [2], { dtype: "u32" });
  const inputs = { tokens: integers("tokens"), positions: integers("positions") };
  const tokenTable = createQuantizedMatrix("wte", { bits: 8, K: 4, N: 9 });
  assertThrows(
    () =>
      quantizedEmbedding(new Tape(), { ...inputs, tokenTable, positionTable: inputTensor("wpe", [7, 5]) }),
    TypeError,
    "rows of one length",
  );
});
