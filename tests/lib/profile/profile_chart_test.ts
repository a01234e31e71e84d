import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawProfile } from "../../../lib/profile/profile_chart.ts";
import { MADE_UP_PROFILE } from "../../support/made_up_profile.ts";

/** Names of elements in order; throws where a tag is not closed, or a character is not escaped. */
function elementsOf(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, text, close, name, attributes, self] of svg.matchAll(/([^<]*)<(\/?)(\w+)([^<>]*?)(\/?)>/g)) {
    assert(!/[>]|&(?!#\d+;)/.test(text), text);
    assert(/^(?:\s+[\w:-]+="[^"]*")*\s*$/.test(attributes), attributes);
    if (close) assertEquals(open.pop(), name);
    else names.push(name);
    if (!close && !self) open.push(name);
  }
  assertEquals(open, []);
  return names;
}

/** Widths of the rectangles that a tooltip begins with. */
function widthOf(svg: string, tooltip: string): number {
  const at = svg.indexOf(`<g><title>${tooltip}`);
  assert(at >= 0, tooltip);
  return Number(/width="([\d.]+)"/.exec(svg.slice(at))![1]);
}

Deno.test("drawProfile() draws a document in which every tag is closed", () => {
  const names = elementsOf(drawProfile(MADE_UP_PROFILE));
  assertEquals(names[0], "svg");
  // Two parts: phases, operations and kernels of one, operations and kernels of the other.
  assertEquals(names.filter((name) => name === "g").length, 4 + 5 + 5 + 2 + 2);
});

Deno.test("drawProfile() makes bars as wide as they take time", () => {
  const svg = drawProfile(MADE_UP_PROFILE);
  const all = 1152;
  for (
    const [tooltip, share] of [["forward", 0.44], ["loss", 0.06], ["backward", 0.3], ["update", 0.2]] as const
  ) {
    assert(Math.abs(widthOf(svg, tooltip) - share * all) < 0.1, tooltip);
  }
  assert(Math.abs(widthOf(svg, "matmul_few_rows_nt NT 1x256x256") - 0.75 * all) < 0.1);
});

Deno.test("drawProfile() says of every kernel how fast it was", () => {
  const svg = drawProfile(MADE_UP_PROFILE);
  assertStringIncludes(
    svg,
    "<title>matmul_tile NN 2048x768x256 bias\n40.0 ms, 50 % of compute\n40.0 ms, 40 % of the time, 8 dispatches\n" +
      "50.0 GFLOP/s, 50 % of compute\n2.00 GB/s, 20 % of copy</title>",
  );
});

Deno.test("drawProfile() makes the dark part as high as the share of the ceiling", () => {
  const svg = drawProfile(MADE_UP_PROFILE);
  const kernel = svg.slice(svg.indexOf("<g><title>matmul_tile NN"));
  const [light, dark] = Array.from(kernel.matchAll(/height="([\d.]+)"/g), ([, height]) => Number(height));
  assertEquals(dark, light / 2);
});

Deno.test("drawProfile() leaves out what was not measured", () => {
  const svg = drawProfile({ ...MADE_UP_PROFILE, token: undefined });
  elementsOf(svg);
  assert(!svg.includes("Decoded token"));
});

Deno.test("drawProfile() survives times too short to measure", () => {
  const rows = MADE_UP_PROFILE.step!.rows.map((row) => ({ ...row, ms: 0 }));
  const svg = drawProfile({ ...MADE_UP_PROFILE, step: { ...MADE_UP_PROFILE.step!, rows } });
  elementsOf(svg);
  assert(!/NaN|Infinity/.test(svg));
});
