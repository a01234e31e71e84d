import { assertEquals, assertThrows } from "@std/assert";
import { ceilingCopy, type CeilingElement, multiplyAdd } from "../../kernels/ceiling/ceiling.ts";
import { ceilingCopyReference, multiplyAddReference } from "../../kernels/ceiling/ceiling_reference.ts";
import { Tape } from "../../kernels/program/tape.ts";
import { sizeOf } from "../../kernels/program/tensor.ts";
import { openTestGpu } from "../support/gpu.ts";
import { assertClose, inputTensor, randomFloats } from "../support/operation_checks.ts";

const SHAPES = [[4], [5, 124], [2, 64, 16], [256, 64, 8]];

for (const shape of SHAPES) {
  for (const element of ["f32", "f16"] as CeilingElement[]) {
    Deno.test(`multiplyAdd() of [${shape}] in ${element} equals the reference`, async () => {
      await using gpu = await openTestGpu();
      if (!gpu || (element === "f16" && !gpu.device.traits.hasF16)) return;
      const tape = new Tape();
      const [x, y, terms] = [inputTensor("x", shape), inputTensor("y", shape), inputTensor("terms", [8])];
      const values = {
        x: randomFloats(sizeOf(x), 1),
        terms: Float32Array.of(0.75, -0.5, 0.875, 1, 0.25, 0.5, -0.125, 0.0625),
      };
      multiplyAdd(tape, { x, terms, y }, { iterations: 3, element });
      gpu.write(x, values.x);
      gpu.write(terms, values.terms);
      gpu.compile(tape.calls, "ceiling").replay();
      const expected = {
        x: Float64Array.from(values.x),
        terms: Float64Array.from(values.terms),
        y: new Float64Array(values.x.length),
      };
      multiplyAddReference(expected, 3);
      // Twelve roundings of numbers up to 4 in f16, of 2^-10 each.
      const tolerance = element === "f16" ? 3e-2 : 1e-4;
      assertClose((await gpu.read(y)) as Float32Array, expected.y, { name: "y", tolerance });
    });
  }

  for (const vectors of [1, 4]) {
    Deno.test(`ceilingCopy() by ${vectors} copies every bit of [${shape}]`, async () => {
      await using gpu = await openTestGpu();
      if (!gpu) return;
      const tape = new Tape();
      const [x, y] = [inputTensor("x", shape), inputTensor("y", shape)];
      ceilingCopy(tape, { x, y }, { vectors });
      const data = randomFloats(sizeOf(x), 2);
      gpu.write(x, data);
      gpu.compile(tape.calls, "ceiling").replay();
      const expected = { x: Float64Array.from(data), y: new Float64Array(data.length) };
      ceilingCopyReference(expected);
      assertEquals(await gpu.read(y), Float32Array.from(expected.y));
    });
  }
}

Deno.test("multiplyAdd() counts two operations for each multiply-add", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const tape = new Tape();
  const [x, y, terms] = [inputTensor("x", [8]), inputTensor("y", [8]), inputTensor("terms", [8])];
  multiplyAdd(tape, { x, terms, y }, { iterations: 10 });
  assertEquals(gpu.compile(tape.calls, "ceiling").commands[0].flops, 8 * 10 * 16 * 2);
});

Deno.test("multiplyAdd() refuses sizes and iterations no kernel takes", () => {
  const [x, y, terms] = [inputTensor("x", [6]), inputTensor("y", [6]), inputTensor("terms", [8])];
  assertThrows(
    () => multiplyAdd(new Tape(), { x, terms, y }, { iterations: 1 }),
    TypeError,
    "a multiple of 4",
  );
  const whole = { x: inputTensor("x", [4]), y: inputTensor("y", [4]), terms };
  assertThrows(
    () => multiplyAdd(new Tape(), whole, { iterations: 60001 }),
    RangeError,
    "need 1 to 60000",
  );
});

Deno.test("ceilingCopy() refuses different sizes", () => {
  const tensors = { x: inputTensor("x", [4]), y: inputTensor("y", [8]) };
  assertThrows(() => ceilingCopy(new Tape(), tensors, { vectors: 1 }), TypeError, "two equal sizes");
});
