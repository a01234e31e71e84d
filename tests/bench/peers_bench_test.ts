import { assertEquals, assertStringIncludes } from "@std/assert";
import { busyNotes } from "./peers_bench.ts";

Deno.test("busyNotes() warns when more wants to run than a contender and the processors", () => {
  assertEquals(busyNotes(2.4, 2), []);
  assertEquals(busyNotes(0, 8), []);
  assertStringIncludes(busyNotes(3.2, 2)[0], "load average 3.2 on 2 processors");
});
