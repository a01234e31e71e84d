import { assert, assertEquals } from "@std/assert";
import {
  fitText,
  formatBytes,
  formatColumns,
  formatCount,
  plainText,
  textWidth,
} from "../../cli/_columns.ts";
import { ProgressLine, type ProgressOptions } from "../../cli/progress.ts";

function open(options: ProgressOptions): { line: ProgressLine; written: string[]; clock: { ms: number } } {
  const written: string[] = [];
  const clock = { ms: 0 };
  const line = new ProgressLine({ write: (text) => written.push(text), now: () => clock.ms, ...options });
  return { line, written, clock };
}

Deno.test("ProgressLine rewrites one line of a terminal, covering what stood there", () => {
  const { line, written, clock } = open({ isTerminal: true, columns: () => 80 });
  line.update("a long text");
  line.update("too soon");
  clock.ms = 200;
  line.update("short");
  line.print("done");
  line[Symbol.dispose]();
  assertEquals(written, ["\ra long text", "\rshort      ", "\r     \r", "done\n"]);
});

Deno.test("ProgressLine fits any terminal and never writes control characters", () => {
  for (const columns of [1, 2, 3, 5, 20]) {
    const { line, written } = open({ isTerminal: true, columns: () => columns });
    line.update("Reading \u6f22\u5b57 \u001b[2J\n\u202efile.txt");
    assertEquals(written.length, 1);
    assert(
      textWidth(written[0].slice(1)) < Math.max(2, columns),
      `${columns}: ${JSON.stringify(written[0])}`,
    );
    assertEquals(plainText(written[0].slice(1)), written[0].slice(1));
  }
});

Deno.test("ProgressLine prints plain lines every few seconds elsewhere, and nothing for short work", () => {
  const { line, written, clock } = open({ isTerminal: false });
  for (clock.ms = 0; clock.ms < 12_000; clock.ms += 1000) line.update(`at ${clock.ms}`);
  line.clear();
  assertEquals(written, ["at 5000\n", "at 10000\n"]);
});

Deno.test("textWidth() counts columns", () => {
  assertEquals(textWidth("abc"), 3);
  assertEquals(textWidth("\u6f22\u5b57"), 4);
  assertEquals(textWidth("e\u0301"), 1);
  assertEquals(textWidth("\u{1f411}"), 2);
  assertEquals(textWidth("1#*\u00a9"), 4);
});

Deno.test("fitText() cuts where it must and says so", () => {
  assertEquals(fitText("abcdef", 6), "abcdef");
  assertEquals(fitText("abcdefg", 6), "abc...");
  assertEquals(fitText("abcdefg", 2), "");
  assertEquals(fitText("\u6f22\u5b57\u6f22\u5b57", 6), "\u6f22...");
});

Deno.test("formatColumns() aligns, numbers to the right", () => {
  const rows = [["split", "tokens"], ["train", "1 234"], ["validation", "9"]];
  assertEquals(formatColumns(rows, { right: [1] }), [
    "split       tokens",
    "train        1 234",
    "validation       9",
  ]);
});

Deno.test("formatCount() and formatBytes() are easy to read", () => {
  assertEquals([0, 999, 1000, 1234567].map(formatCount), ["0", "999", "1,000", "1,234,567"]);
  assertEquals([0, 1023, 1024, 1e9].map(formatBytes), ["0 B", "1023 B", "1.0 KiB", "953.7 MiB"]);
});

Deno.test("plainText() is one line without control characters", () => {
  assertEquals(plainText("a\r\nb\u001b[31mc\u202e"), "a b [31mc ");
});
