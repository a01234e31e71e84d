import { assertEquals } from "@std/assert";
import { add } from "../../../kernels/add/add.ts";
import { copy } from "../../../kernels/copy/copy.ts";
import { liveCalls } from "../../../kernels/program/live_calls.ts";
import { Tape } from "../../../kernels/program/tape.ts";
import { createTensor } from "../../../kernels/program/tensor.ts";

Deno.test("liveCalls() keeps what something outliving the program depends on, in order, and nothing else", () => {
  const tape = new Tape();
  const [x, kept] = ["x", "kept"].map((name) => createTensor(name, [4], { lifetime: "persistent" }));
  const double = add(tape, x, x);
  const unread = add(tape, double, x);
  add(tape, unread, x);
  const triple = add(tape, double, x);
  copy(tape, triple, kept);
  add(tape, triple, x);
  const live = liveCalls(tape.calls);
  assertEquals(live.map(({ site }) => site), [0, 3, 4]);
  assertEquals(liveCalls(live), live);
});

Deno.test("liveCalls() keeps every call that adds to a result that is read", () => {
  const tape = new Tape();
  const [x, kept] = ["x", "kept"].map((name) => createTensor(name, [4], { lifetime: "persistent" }));
  const sum = add(tape, x, x);
  const [first] = tape.calls;
  tape.record(first.pass, { inputs: { x }, outputs: { y: sum }, attributes: { accumulate: true } });
  copy(tape, sum, kept);
  assertEquals(liveCalls(tape.calls).length, 3);
});
