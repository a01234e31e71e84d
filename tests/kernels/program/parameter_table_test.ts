import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { layoutParameters, type ParameterSpec } from "../../../kernels/program/parameter_table.ts";
import { sizeOf } from "../../../kernels/program/tensor.ts";

function spec(name: string, shape: number[], decay = false): ParameterSpec {
  return { name, shape, init: { kind: "zeros" }, decay };
}

Deno.test("layoutParameters() orders by when the gradient is complete, in whole rows of 64", () => {
  const specs = [spec("first", [3]), spec("second", [65]), spec("last", [64])];
  const { parameters, windows } = layoutParameters(specs, { maxElements: 1000, trainable: true });
  assertEquals(windows.length, 1);
  assertEquals(["last", "second", "first"].map((name) => parameters.get(name)!.offset), [0, 64, 192]);
  assertEquals(sizeOf(windows[0].parameter), 256);
});

Deno.test("layoutParameters() keeps weight decay as a column of the table", () => {
  const specs = [spec("norm", [64]), spec("matrix", [2, 64], true)];
  const { windows } = layoutParameters(specs, { maxElements: 1000, trainable: true });
  assertEquals(windows[0].decayRows, Float32Array.of(1, 1, 0));
});

Deno.test("layoutParameters() refuses a parameter larger than a binding", () => {
  const make = () => layoutParameters([spec("wte.weight", [100, 64])], { maxElements: 640, trainable: true });
  assertThrows(make, RangeError, "Cannot place wte.weight [100,64]: it has 25600 bytes");
});

Deno.test("layoutParameters() gives a larger parameter a window of its own where nothing is trained", () => {
  const specs = [spec("wte.weight", [100, 64]), spec("norm", [64])];
  const options = { maxElements: 640, maxTensorElements: 6400, trainable: false };
  const { windows } = layoutParameters(specs, options);
  assertEquals(windows.map(({ parameter }) => sizeOf(parameter)), [64, 6400]);
  const make = () => layoutParameters([spec("wte.weight", [101, 64])], options);
  assertThrows(make, RangeError, "this adapter holds at most 25600");
});

Deno.test("layoutParameters() cuts windows that fit, without overlaps, gradients at the same place", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(sizes, (counts) => {
    const specs = counts.map((count, i) => spec(`p${i}`, [count]));
    const table = layoutParameters(specs, { maxElements: 512, trainable: true });
    const used = new Map<unknown, [number, number][]>();
    for (const parameter of table.parameters.values()) {
      const gradient = table.gradients.get(parameter)!;
      assertEquals(gradient.offset, parameter.offset);
      assertEquals(parameter.offset % 64, 0);
      assert(parameter.offset + sizeOf(parameter) <= sizeOf(parameter.base!));
      assert(sizeOf(parameter.base!) <= 512);
      const ranges = used.get(parameter.base) ?? [];
      used.set(parameter.base, ranges);
      for (const [start, end] of ranges) {
        assert(parameter.offset >= end || parameter.offset + sizeOf(parameter) <= start);
      }
      ranges.push([parameter.offset, parameter.offset + sizeOf(parameter)]);
    }
    assertEquals(table.count, counts.reduce((a, b) => a + b, 0));
  }));
});
