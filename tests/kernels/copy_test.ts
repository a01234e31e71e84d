import { assertEquals, assertThrows } from "@std/assert";
import { copy } from "../../kernels/copy/copy.ts";
import { openReferenceBackend } from "../../kernels/program/reference_backend.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { sizeOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import { inputTensor, randomFloats } from "../support/operation_checks.ts";

for (const shape of [[1], [5, 123], [2, 5, 7], [64, 1024]]) {
  Deno.test(`copy() copies every bit of [${shape}] on the GPU and the reference`, async () => {
    await using gpu = await openTestGpu();
    await using reference = openReferenceBackend();
    for (const backend of gpu ? [gpu, reference] : [reference]) {
      const tape = new Tape();
      const [x, y] = [inputTensor("x", shape), inputTensor("y", shape)];
      copy(tape, x, y);
      const data = randomFloats(sizeOf(x), 1);
      backend.write(x, data);
      backend.compile(tape.calls, "copy").replay();
      assertEquals(await backend.read(y), data);
    }
  });
}

Deno.test("copy() refuses different sizes", () => {
  const [x, y] = [inputTensor("x", [2, 3]), inputTensor("y", [5])];
  assertThrows(() => copy(new Tape(), x, y), TypeError, "sizes must be equal");
});
