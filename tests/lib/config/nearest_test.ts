import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { configKeys } from "../../../lib/config/config.ts";
import { didYouMean, nearestNames } from "../../../lib/config/nearest.ts";

Deno.test("nearestNames() counts missing, added, wrong and swapped letters, not dashes or case", () => {
  const names = ["d_model", "num_heads", "top_k", "top_p"];
  assertEquals(nearestNames("d_modle", names), ["d_model"]);
  assertEquals(nearestNames("dModel", names), ["d_model"]);
  assertEquals(nearestNames("num-head", names), ["num_heads"]);
  assertEquals(nearestNames("top", names), ["top_k", "top_p"]);
  assertEquals(nearestNames("entirely_different", names), []);
  assertEquals(nearestNames("", names), []);
});

Deno.test("didYouMean() ends a message, or is empty", () => {
  assertEquals(
    didYouMean("top_q", ["top_k", "top_p"], { prefix: "--" }),
    "; did you mean --top_k or --top_p?",
  );
  assertEquals(didYouMean("xyzzy", ["top_k"]), "");
});

Deno.test("nearestNames() finds the name again after any single slip", () => {
  const names = configKeys().map((key) => key.snakeName);
  const slip = fc.record({
    name: fc.constantFrom(...names),
    at: fc.nat(),
    kind: fc.constantFrom("drop", "double", "swap", "replace"),
    letter: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz"),
  });
  fc.assert(
    fc.property(slip, ({ name, at, kind, letter }) => {
      const i = at % name.length;
      const typo = {
        drop: name.slice(0, i) + name.slice(i + 1),
        double: name.slice(0, i) + letter + name.slice(i),
        swap: name.slice(0, i) + name.slice(i, i + 2).split("").reverse().join("") + name.slice(i + 2),
        replace: name.slice(0, i) + letter + name.slice(i + 1),
      }[kind];
      fc.pre(!names.includes(typo));
      const found = nearestNames(typo, names);
      assert(found.includes(name), `${typo} found ${found.join(", ")}`);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
