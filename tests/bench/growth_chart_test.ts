import { assertEquals, assertStringIncludes } from "@std/assert";
import { GROWTH_AXES } from "./growth_axes.ts";
import { drawGrowth } from "./growth_chart.ts";
import { madeUpGrowth } from "./made_up_growth.ts";

const { machine, axes } = madeUpGrowth();

for (const axis of GROWTH_AXES) {
  const svg = drawGrowth(axis, axes[axis.name], machine);

  Deno.test(`drawGrowth() shows every point of ${axis.name}, with its exponents`, () => {
    const panels = axis.withToken ? 2 : 1;
    // A dot for each point and one in the legend, and as many for what is odd.
    const dots = axis.values.length + 1 + (axis.odd ? 2 : 0);
    assertEquals(svg.split("<circle").length - 1, panels * dots);
    assertEquals(svg.split(`${axis.letter}^1.00`).length - 1 >= panels, true);
    for (const value of axis.values) assertStringIncludes(svg, `>${value.toLocaleString("en")}</text>`);
  });

  Deno.test(`drawGrowth() of ${axis.name} says what stays, in numbers that SVG can hold`, () => {
    const { L } = axis.base;
    if (axis.letter !== "L") assertStringIncludes(svg, L === 1 ? "1 layer," : `${L} layers,`);
    assertEquals(/NaN|undefined|Infinity/.test(svg), false);
  });
}

Deno.test("drawGrowth() draws steps of a power evenly", () => {
  const svg = drawGrowth(GROWTH_AXES[0], axes.layers, machine);
  const places = Array.from(
    svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="4"\/>/g),
    (match) => match.slice(1),
  );
  const [x, y] = [0, 1].map((i) => places.slice(0, 4).map((place) => Number(place[i])));
  const steps = (values: number[]) => values.slice(1).map((value, i) => Math.round(value - values[i]));
  for (const values of [x, y]) {
    const [first, ...others] = steps(values);
    for (const step of others) assertEquals(Math.abs(step - first) <= 1, true);
  }
});
