import { assertEquals } from "@std/assert";
import type { Dispatch } from "../../../kernels/program/lowering.ts";
import { createTensor, viewOf } from "../../../kernels/program/tensor.ts";
import { bytesOf, detailOf } from "../../../kernels/program/work.ts";

const CODE = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;`;

function dispatchOf(changes: Partial<Dispatch>): Dispatch {
  return { kernel: "kernel", code: CODE, bindings: {}, grid: [1], ...changes };
}

const x = createTensor("x", [5, 123]);
const y = createTensor("y", [5, 7]);

Deno.test("bytesOf() counts everything that is bound once", () => {
  assertEquals(bytesOf(dispatchOf({ bindings: { x, y } })), 4 * (5 * 123 + 5 * 7));
  assertEquals(bytesOf(dispatchOf({ bindings: { x, y: undefined } })), 4 * 5 * 123);
});

Deno.test("bytesOf() counts the window of a view, not all of its arena", () => {
  const arena = createTensor("parameters", [1000]);
  assertEquals(bytesOf(dispatchOf({ bindings: { x: viewOf(arena, { offset: 100, shape: [3, 4] }) } })), 48);
});

Deno.test("bytesOf() counts twice what is added to, and only that", () => {
  const constants = { ACCUMULATE: 1 };
  assertEquals(bytesOf(dispatchOf({ bindings: { x, y }, constants })), 4 * (5 * 123 + 2 * 5 * 7));
});

Deno.test("bytesOf() counts 16 bytes for each texel that holds columns", () => {
  const texture = { source: x, rows: 5, columns: 123, width: 48, height: 64, format: "rgba32float" as const };
  assertEquals(bytesOf(dispatchOf({ bindings: { x: texture } })), 16 * 5 * 31);
});

Deno.test("bytesOf() believes the operation", () => {
  assertEquals(bytesOf(dispatchOf({ bindings: { x, y }, bytes: 17 })), 17);
});

Deno.test("detailOf() is the largest shape, unless the operation says more", () => {
  assertEquals(detailOf(dispatchOf({ bindings: { y, x } })), "5x123");
  assertEquals(detailOf(dispatchOf({ bindings: { y, x }, detail: "NN 5x7x123 bias" })), "NN 5x7x123 bias");
  assertEquals(detailOf(dispatchOf({})), "");
});
