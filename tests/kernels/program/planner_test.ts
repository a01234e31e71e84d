import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type Life, planSlots, SlotPool } from "../../../kernels/program/planner.ts";
import { createTensor, sizeOf, type Tensor } from "../../../kernels/program/tensor.ts";

function life(first: number, last: number, size = 100): Life {
  return { item: createTensor(`t${first}`, [size]), first, last };
}

Deno.test("planSlots() gives tensors that do not overlap the same slot", () => {
  const [a, b, c] = [life(0, 1), life(1, 2), life(2, 3)];
  const pool = new SlotPool();
  const plan = planSlots([a, b, c], pool);
  assertNotStrictEquals(plan.get(a.item), plan.get(b.item));
  assertStrictEquals(plan.get(a.item), plan.get(c.item));
  assertEquals(pool.slots.length, 2);
});

Deno.test("planSlots() shares the pool between programs", () => {
  const pool = new SlotPool();
  planSlots([life(0, 1), life(0, 1)], pool);
  planSlots([life(0, 5), life(2, 3)], pool);
  assertEquals(pool.slots.length, 2);
});

Deno.test("planSlots() never gives one slot to two lives at once, and every slot is large enough", () => {
  const lives = fc.array(fc.tuple(fc.nat(50), fc.nat(10), fc.integer({ min: 1, max: 1000 })), {
    maxLength: 60,
  });
  fc.assert(fc.property(lives, (entries) => {
    const sorted = entries.map(([first, length, size]) => life(first, first + length, size))
      .sort((x, y) => x.first - y.first);
    const plan = planSlots(sorted, new SlotPool());
    for (const x of sorted) {
      assert(plan.get(x.item)!.bytes >= sizeOf(x.item as Tensor) * 4);
      for (const y of sorted) {
        if (x === y || plan.get(x.item) !== plan.get(y.item)) continue;
        assert(x.last < y.first || y.last < x.first);
      }
    }
  }));
});
