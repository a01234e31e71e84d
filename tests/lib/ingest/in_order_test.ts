import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { inOrder } from "../../../lib/ingest/in_order.ts";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("inOrder() gives results in the order of the items, whichever is done first", async () => {
  const times = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1, max: 5 }), async (items, width) => {
      let running = 0;
      let most = 0;
      const run = async (ms: number): Promise<number> => {
        most = Math.max(most, ++running);
        await pause(ms);
        running--;
        return ms;
      };
      assertEquals(await Array.fromAsync(inOrder(items, run, { width })), items);
      assert(most <= width, `${most} at once`);
    }),
    { numRuns: 20 },
  );
});

Deno.test("inOrder() works on heavy items one by one", async () => {
  let held = 0;
  const run = async (weight: number): Promise<number> => {
    held += weight;
    assert(held <= 10 || held === weight, `${held} held`);
    await pause(1);
    held -= weight;
    return weight;
  };
  const items = [4, 4, 4, 30, 1, 9, 2];
  const results = inOrder(items, run, { width: 4, weight: (item) => item, maxWeight: 10 });
  assertEquals(await Array.fromAsync(results), items);
});

Deno.test("inOrder() tells of a failure when its turn comes", async () => {
  const seen: number[] = [];
  const run = (item: number) => item === 3 ? Promise.reject(new Error("third")) : Promise.resolve(item);
  await assertRejects(
    async () => {
      for await (const item of inOrder([1, 2, 3, 4], run, { width: 4 })) seen.push(item);
    },
    Error,
    "third",
  );
  assertEquals(seen, [1, 2]);
});
