import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { repetitionShare, symbolShare } from "../../../lib/ingest/text_filters.ts";

const LINES = Array.from(
  { length: 40 },
  (_, at) => `Sheep ${at * at} met dog ${at * 7} near the gate of hill ${at}.`,
);

function close(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 0.02, `${actual} instead of ${expected}`);
}

Deno.test("repetitionShare() measures lines that came before", () => {
  assertEquals(repetitionShare(LINES.join("\n")), 0);
  assertEquals(repetitionShare(""), 0);
  close(repetitionShare([...LINES, ...LINES].join("\n")), 0.5);
  close(repetitionShare([...LINES, ...LINES.slice(0, 10)].join("\n\n")), 0.2);
  close(repetitionShare("baa\n".repeat(100)), 0.99);
});

Deno.test("repetitionShare() measures runs of words that came before on one line", () => {
  const words = LINES.join(" ");
  assertEquals(repetitionShare(words), 0);
  close(repetitionShare(`${words} ${words}`), 0.5);
  close(repetitionShare("\u7f8a\u7fa4\u3092\u6570\u3048\u308b".repeat(50)), 0.98);
});

Deno.test("symbolShare() counts what is neither letter nor digit", () => {
  assertEquals(symbolShare(""), 0);
  assertEquals(symbolShare("sheep 12 \u7f8a \u0915\u094d"), 0);
  assertEquals(symbolShare("*** === ###"), 1);
  assertEquals(symbolShare("ab, c.\n\t"), 2 / 5);
});

Deno.test("both shares are between 0 and 1 and take little time, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    for (const share of [repetitionShare(text), symbolShare(text)]) assert(share >= 0 && share <= 1);
  }));
  for (const unit of ["a", "^", "\u{1f411}", " ", "\n", "a ", "a\n"]) {
    const start = performance.now();
    repetitionShare(unit.repeat(1e6));
    symbolShare(unit.repeat(1e6));
    const elapsed = performance.now() - start;
    assert(elapsed < 3000, `${JSON.stringify(unit)}: ${elapsed} ms`);
  }
});
