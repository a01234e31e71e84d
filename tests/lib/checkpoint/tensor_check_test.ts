import { assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import { checkTensors } from "../../../lib/checkpoint/tensor_check.ts";

const what = "the weights of data/runs/default";

Deno.test("checkTensors() accepts the expected tensors in any order", () => {
  checkTensors([tensor("b", [3]), tensor("a", [1, 2])], {
    expected: [{ name: "a", shape: [1, 2] }, { name: "b", shape: [3] }],
    what,
  });
});

Deno.test("checkTensors() lists what is missing, unexpected and of another shape", () => {
  const expected = [{ name: "a", shape: [2, 1] }, { name: "c", shape: [1] }];
  assertThrows(
    () => checkTensors([tensor("a", [1, 2]), tensor("b", [3])], { expected, what }),
    UsageError,
    "Cannot load the weights of data/runs/default: tensors are not those of this model: " +
      "1 missing (c); 1 unexpected (b); 1 of another shape (a is [1,2] instead of [2,1])",
  );
});

Deno.test("checkTensors() stays on one line when everything is wrong", () => {
  const tensors = Array.from({ length: 100 }, (_, i) => tensor(`t${i}`, [1]));
  assertThrows(() => checkTensors(tensors, { expected: [], what }), UsageError, "t4 and 95 more)");
});

function tensor(name: string, shape: number[]): { name: string; shape: number[]; data: Float32Array } {
  return { name, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}
