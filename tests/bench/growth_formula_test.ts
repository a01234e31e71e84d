import { assertEquals, assertThrows } from "@std/assert";
import { evaluateFormula } from "./growth_formula.ts";

const SIZES = { L: 2, N: 6, C: 4, V: 3, params: 100 };

for (
  const [formula, value] of [
    ["7", 7],
    ["2 L N", 24],
    ["L (N + C²) - 1", 43],
    ["N / 4 C", 6],
    ["4.5 L - 3 - 2", 4],
    ["min(N, V) + min(L, params / 64)", 4.5625],
  ] as const
) {
  Deno.test(`evaluateFormula() computes ${formula}`, () =>
    assertEquals(evaluateFormula(formula, SIZES), value));
}

for (const formula of ["", "2 Q", "(N", "N +", "N )", "min(N V)"]) {
  Deno.test(`evaluateFormula() refuses "${formula}"`, () => {
    assertThrows(() => evaluateFormula(formula, SIZES), SyntaxError, "Cannot compute");
  });
}
