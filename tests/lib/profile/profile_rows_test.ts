import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Command } from "../../../kernels/program/command.ts";
import { foldRows, ratesOf, rowsOfCommands, sumRows } from "../../../lib/profile/profile_rows.ts";

function command(kernel: string, changes: { detail?: string; pass?: string; isBackward?: boolean }): Command {
  const { detail = "", pass = "matmul_forward", isBackward = false } = changes;
  return { kernel, detail, flops: 10, bytes: 4, origin: { pass, isBackward } } as unknown as Command;
}

const COMMANDS = [
  command("matmul_wave", { detail: "NN 1x2x3" }),
  command("matmul_wave", { detail: "NN 4x5x6" }),
  command("matmul_wave", { detail: "NN 1x2x3" }),
  command("layer_norm_backward_parameters", { pass: "layer_norm_backward_parameters", isBackward: true }),
  command("linear_cross_entropy_rows", { pass: "linear_cross_entropy_forward" }),
];
const ROWS = rowsOfCommands(COMMANDS, [1, 2, 4, 8, 16]);

Deno.test("rowsOfCommands() adds up commands of one phase, operation, kernel and shape", () => {
  assertEquals(
    ROWS.map(({ phase, operation, detail, dispatches, ms }) => [phase, operation, detail, dispatches, ms]),
    [
      ["forward", "matmul", "NN 1x2x3", 2, 5],
      ["forward", "matmul", "NN 4x5x6", 1, 2],
      ["loss", "linear_cross_entropy", "", 1, 16],
      ["backward", "layer_norm", "", 1, 8],
    ],
  );
});

Deno.test("rowsOfCommands() counts a program as often as a step replays it", () => {
  const [row] = rowsOfCommands([COMMANDS[0]], [3], { repeats: 4, isUpdate: true });
  assertEquals(row, {
    phase: "update",
    operation: "matmul",
    kernel: "matmul_wave",
    detail: "NN 1x2x3",
    dispatches: 4,
    ms: 12,
    flops: 40,
    bytes: 16,
  });
});

Deno.test("foldRows() loses nothing, whatever rows are told apart by", () => {
  for (const keys of [["kernel"], ["phase", "operation"], ["detail"], []] as const) {
    const rows = foldRows(ROWS, keys);
    const total = sumRows(rows);
    assertEquals([total.ms, total.dispatches, total.flops, total.bytes], [31, 5, 50, 20]);
    assertAlmostEquals(rows.reduce((sum, row) => sum + row.ms / total.ms, 0), 1);
  }
});

Deno.test("sumRows() of nothing is nothing", () => {
  assertEquals(sumRows([]).ms, 0);
});

Deno.test("ratesOf() finds the ceiling a row is nearer to", () => {
  const ceilings = { gflops: 100, gbPerSecond: 10 };
  const rates = ratesOf({ ms: 1, flops: 50e6, bytes: 1e6 }, ceilings);
  assertEquals(rates, { gflops: 50, gbPerSecond: 1, ofCompute: 0.5, ofCopy: 0.1, bound: "compute" });
  assertEquals(ratesOf({ ms: 1, flops: 1e6, bytes: 5e6 }, ceilings).bound, "copy");
  assertEquals(ratesOf({ ms: 0, flops: 1e6, bytes: 5e6 }, ceilings).gflops, 0);
});
