import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  FurnitureWindow,
  type LinedPage,
  type PageLine,
} from "../../../../lib/ingest/parsers/page_furniture.ts";

type Page = LinedPage<PageLine>;

function page(top: string, bottom: string, body: readonly string[] = ["Text of its own."]): Page {
  const lines = [
    ...(top ? [{ text: top, baseline: 40 }] : []),
    ...body.map((text, i) => ({ text, baseline: 200 + 14 * i })),
    ...(bottom ? [{ text: bottom, baseline: 770 }] : []),
  ];
  return { lines, height: 800 };
}

function strip(pages: readonly Page[]): string[][] {
  const window = new FurnitureWindow<PageLine>();
  const ready = [...pages.flatMap((one) => window.push(one)), ...window.end()];
  return ready.map(({ lines }) => lines.map(({ text }) => text));
}

Deno.test("FurnitureWindow drops what three pages nearby have at the same height", () => {
  const pages = Array.from({ length: 9 }, () => page("On Sheep", ""));
  assertEquals(strip(pages), pages.map(() => ["Text of its own."]));
  assertEquals(strip(pages.slice(0, 2)), [["On Sheep", "Text of its own."], [
    "On Sheep",
    "Text of its own.",
  ]]);
});

Deno.test("FurnitureWindow drops numbers that count with the pages, beside titles that change", () => {
  const titles = ["Ewes", "Rams", "Lambs", "Wolves", "Dogs", "Wool"];
  assertEquals(
    strip(titles.map((title, i) => page(`${title} ${i + 7}`, ""))),
    titles.map(() => ["Text of its own."]),
  );
  const roman = ["iii", "iv", "v", "vi"];
  assertEquals(strip(roman.map((number) => page("", number))), roman.map(() => ["Text of its own."]));
  const sections = [1, 2, 3, 4].map((n) => page("", `B-${n}`));
  assertEquals(strip(sections), sections.map(() => ["Text of its own."]));
});

Deno.test("FurnitureWindow keeps numbers that do not count and lines away from the edges", () => {
  const numbers = ["12", "97", "3", "41"];
  assertEquals(strip(numbers.map((number) => page("", number))), numbers.map((n) => ["Text of its own.", n]));
  const same = [1, 2, 3, 4].map(() => page("", "", ["The same", "on each."]));
  assertEquals(strip(same), same.map(() => ["The same", "on each."]));
});

Deno.test("FurnitureWindow keeps the text of cards and slides that have nothing else", () => {
  const cards = [1, 2, 3, 4].map((n) => page(`Card ${n}`, "", []));
  assertEquals(strip(cards), [["Card 1"], ["Card 2"], ["Card 3"], ["Card 4"]]);
  const numbered = [1, 2, 3, 4].map((n) => page("On Sheep", `${n}`, []));
  assertEquals(strip(numbered), numbered.map(() => ["On Sheep"]));
});

Deno.test("FurnitureWindow gives back every page, in order, and invents nothing", () => {
  const line = fc.record({
    text: fc.string({ maxLength: 8 }),
    baseline: fc.double({ noNaN: true, min: -10, max: 900 }),
  });
  const pages = fc.array(fc.record({ lines: fc.array(line, { maxLength: 6 }), height: fc.constant(800) }), {
    maxLength: 30,
  });
  fc.assert(fc.property(pages, (given) => {
    const window = new FurnitureWindow<PageLine>();
    const ready = [...given.flatMap((one) => window.push(one)), ...window.end()];
    assertEquals(ready.length, given.length);
    for (const [i, { lines }] of ready.entries()) {
      assertEquals(lines, given[i].lines.filter((one) => lines.includes(one)));
      assertEquals(lines.length === 0 && given[i].lines.some(({ text }) => /\p{L}/u.test(text)), false);
    }
  }));
});
