import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/common/errors.ts";
import { COMPARISONS, HELP, parseBenchFlags } from "./bench_flags.ts";

const parse = (...args: string[]) => parseBenchFlags(args, { processors: 2 });

Deno.test("parseBenchFlags() knows what is meant without flags", () => {
  const { peers, only, rounds, threads, nanogptText, size, steps, tokens } = parse();
  assertEquals({ peers, rounds, threads, nanogptText, steps, tokens }, {
    peers: false,
    rounds: 3,
    threads: 2,
    nanogptText: undefined,
    steps: 10,
    tokens: 128,
  });
  assertEquals(only, [...COMPARISONS]);
  assertEquals(size, { L: 4, H: 4, C: 256, T: 256, B: 8, V: 256 });
});

Deno.test("parseBenchFlags() takes sizes, comparisons and a text", () => {
  assertEquals(parse("--width", "100", "--batch=1").size, { L: 4, H: 4, C: 100, T: 256, B: 1, V: 256 });
  assertEquals(parse("--peers", "--only", "matmul, training").only, ["matmul", "training"]);
  assertEquals(parse("--peers", "--nanogpt").nanogptText, "data/shakespeare/input.txt");
  assertEquals(parse("--peers", "--nanogpt", "--text", "a.txt").nanogptText, "a.txt");
});

Deno.test("parseBenchFlags() refuses what it does not know", () => {
  assertThrows(() => parse("--peer"), UsageError, "there is no --peer");
  assertThrows(() => parse("training"), UsageError, "there is no training");
  assertThrows(() => parse("--peers", "--only", "product"), UsageError, 'Cannot compare "product"');
  assertThrows(() => parse("--steps", "0"), UsageError, "--steps must be a positive whole number");
  assertThrows(() => parse("--steps=ten"), UsageError, "--steps must be a positive whole number");
});

Deno.test("parseBenchFlags() refuses flags of comparisons without --peers", () => {
  assertThrows(() => parse("--only", "matmul"), UsageError, "add --peers");
  assertThrows(() => parse("--nanogpt"), UsageError, "add --peers");
});

Deno.test("the help of the bench names every comparison", () => {
  for (const name of COMPARISONS) assertStringIncludes(HELP, name);
});
