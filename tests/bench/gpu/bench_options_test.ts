import { assertEquals, assertThrows } from "@std/assert";
import { parseBenchOptions } from "./bench_options.ts";
import { PARTS } from "./trial.ts";

Deno.test("parseBenchOptions() runs everything at full size where nothing is said", () => {
  const { small, only, out, budgetS, trial } = parseBenchOptions([]);
  assertEquals([small, only, out, budgetS, trial], [false, PARTS, undefined, 540, undefined]);
});

Deno.test("parseBenchOptions() reads values behind a space and behind =, and keeps parts in their order", () => {
  const { small, only, out, budgetS } = parseBenchOptions([
    ...["--small", "--only", "matmul,probe", "--out=x", "--budget", "12.5"],
  ]);
  assertEquals([small, only, out, budgetS], [true, ["probe", "matmul"], "x", 12.5]);
});

Deno.test("parseBenchOptions() refuses what it does not know", () => {
  assertThrows(() => parseBenchOptions(["--fast"]), TypeError, "--fast is not an option");
  assertThrows(() => parseBenchOptions(["--only", "probe,speed"]), TypeError, '"speed" is no part');
  assertThrows(() => parseBenchOptions(["--budget", "soon"]), TypeError, "--budget must be seconds above 0");
  assertThrows(() => parseBenchOptions(["--out"]), TypeError, "--out has no value");
});
