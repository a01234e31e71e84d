import { assertEquals, assertThrows } from "@std/assert";
import { bindingsOf, shapeFields } from "../../../kernels/program/wgsl_bindings.ts";

const CODE = `
struct ProductShape { M: u32, // rows
  n_pitch: u32,
}
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var packed: texture_storage_2d<rgba32float, write>;
@group(0) @binding(4) var<uniform> shape: ProductShape;
var<workgroup> tile: array<f32, 64>;
`;

Deno.test("bindingsOf() finds every binding by name and kind", () => {
  assertEquals(bindingsOf(CODE).map(({ name, index, kind }) => [index, name, kind]), [
    [0, "a", "read"],
    [1, "b", "texture_read"],
    [2, "c", "write"],
    [3, "packed", "texture_write"],
    [4, "shape", "uniform"],
  ]);
});

Deno.test("bindingsOf() refuses a binding it cannot read", () => {
  assertThrows(
    () => bindingsOf("@group(0) @binding(0) var s: sampler;"),
    Error,
    "Internal: cannot read WGSL binding",
  );
});

Deno.test("shapeFields() lists the fields of the shape in order", () => {
  assertEquals(shapeFields(CODE), ["M", "n_pitch"]);
  assertEquals(shapeFields("@group(0) @binding(0) var<storage, read> a: array<f32>;"), []);
});

Deno.test("every kernel declares only bindings that can be read", async () => {
  const root = new URL("../../../kernels/", import.meta.url);
  let count = 0;
  for await (const folder of Deno.readDir(root)) {
    if (!folder.isDirectory) continue;
    for await (const file of Deno.readDir(new URL(`${folder.name}/`, root))) {
      if (!file.name.endsWith(".wgsl")) continue;
      bindingsOf(await Deno.readTextFile(new URL(`${folder.name}/${file.name}`, root)));
      count++;
    }
  }
  assertEquals(count > 25, true);
});
