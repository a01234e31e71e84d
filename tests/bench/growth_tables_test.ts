import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { fillSections, formulaSections, measuredSections } from "./growth_tables.ts";
import { madeUpGrowth } from "./made_up_growth.ts";

const DOCUMENT = new URL("../../docs/performance.md", import.meta.url);

Deno.test("fillSections() replaces what stands between markers and nothing else", () => {
  const text = "a\n<!-- growth:x -->\nold\n<!-- /growth:x -->\nb\n<!-- growth:y --><!-- /growth:y -->\nc";
  const filled = fillSections(text, { x: "new $& x", y: "new y" });
  assertEquals(
    filled,
    "a\n<!-- growth:x -->\n\nnew $& x\n\n<!-- /growth:x -->\nb\n<!-- growth:y -->\n\nnew y\n\n<!-- /growth:y -->\nc",
  );
  assertEquals(fillSections(filled, { x: "new $& x", y: "new y" }), filled);
});

Deno.test("fillSections() refuses a document with other markers", () => {
  assertThrows(() => fillSections("<!-- growth:x --><!-- /growth:x -->", { y: "" }), Error, "Cannot fill y");
  assertThrows(() => fillSections("<!-- growth:x -->", { x: "" }), Error, "is missing");
});

Deno.test("docs/performance.md has the formulas of the cost model", async () => {
  const text = await Deno.readTextFile(DOCUMENT);
  for (const [name, content] of Object.entries(formulaSections())) {
    const section = text.split(`<!-- growth:${name} -->`)[1].split(`<!-- /growth:${name} -->`)[0];
    assertEquals(withoutPadding(section), withoutPadding(content), `run deno task bench:growth --draw`);
  }
});

Deno.test("docs/performance.md has the figures of docs/performance/growth.json", async () => {
  const report = JSON.parse(await Deno.readTextFile(new URL("performance/growth.json", DOCUMENT)));
  const text = withoutPadding(await Deno.readTextFile(DOCUMENT));
  for (const content of Object.values(measuredSections(report))) {
    assertStringIncludes(text, withoutPadding(content), "run deno task bench:growth --draw");
  }
});

Deno.test("measuredSections() says times, predictions, ratios, shares and exponents", () => {
  const { growth, step_kernels, machine, memory } = measuredSections(madeUpGrowth());
  assertStringIncludes(growth, "| grows as | L^1.00 |");
  assertStringIncludes(growth, "A vocabulary of 50,257, no multiple of 4, takes 0.999 times as long");
  // 50 of 100 GFLOP/s, 2 of 10 GB/s.
  assertStringIncludes(step_kernels, "| `matmul_wave` | 4 | 2.00 | 100 % | 50.0 | 50 % | 2.00 | 20 % |");
  assertStringIncludes(machine, "| load before, after | 0.5, 1.0 |");
  assertStringIncludes(memory, "| 1024.0 |");
});

Deno.test("measuredSections() says that the machine was busy", () => {
  const { machine } = measuredSections({ ...madeUpGrowth(), load: [0.5, 1.6] });
  assertStringIncludes(machine, "0.5, 1.6, busy");
});

/** Tables and lines without what the formatter adds. */
function withoutPadding(text: string): string {
  return text.replaceAll(/-{3,}/g, "---").replaceAll(/\s+/g, " ").replaceAll(/\| -+ /g, "| --- ").trim();
}
