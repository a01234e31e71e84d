// Column sums: y[c] = sum over n of x[n, c], the gradient of whatever was broadcast over rows, as biases are.
// Rows are summed in blocks, the sums of the blocks by a second dispatch of the same kernel: an order fixed by
// the shape, with enough invocations at work for any shape.

import { type Call, floats, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import columnSumForward from "./column_sum_forward.wgsl" with { type: "text" };
import { columnSumReference } from "./column_sum_reference.ts";

/** Columns, in Vectors, of one lane. */
const LANE_COLUMNS = 8;
/** Rows of a block while there are few blocks: enough to pay for the second dispatch. */
const BLOCK_ROWS = 64;
/** Blocks wanted at most: enough to keep a GPU busy, few enough for a short second stage. */
const MAX_BLOCKS = 128;
/** Software adapters stop an invocation after 65,535 iterations. */
const MAX_BLOCK_ROWS = 32768;

/**
 * Records y = column sums of x.
 *
 * @param x [..., C]
 * @param y [C]
 * @param options.accumulate add to what y holds instead of overwriting it
 * @throws {TypeError} when y does not have one element per column
 */
export function columnSum(tape: Tape, x: Tensor, y: Tensor, options: { accumulate: boolean }): void {
  if (sizeOf(y) !== columnsOf(x)) {
    throw new TypeError(
      `Cannot sum the columns of ${x.name} [${x.shape}] into ${y.name} [${y.shape}]: sizes differ`,
    );
  }
  tape.record(columnSumPass, {
    inputs: { x },
    outputs: { y },
    attributes: { accumulate: options.accumulate },
  });
}

/** y = column sums of x, added to y with the attribute `accumulate`. */
export const columnSumPass: Pass = {
  name: "column_sum_forward",
  reference: (call, values) =>
    columnSumReference(
      { x: floats(values, call.inputs.x), y: floats(values, call.outputs.y) },
      Boolean(call.attributes.accumulate),
    ),
  lower: (call: Call, lowering: Lowering) =>
    lowerColumnSum(lowering, {
      x: call.inputs.x,
      y: call.outputs.y,
      accumulate: Boolean(call.attributes.accumulate),
    }),
};

/** Emits the dispatches of y = column sums of x; also the second stage of sums other operations begin. */
export function lowerColumnSum(
  lowering: Lowering,
  sum: { x: Tensor; y: Tensor; accumulate: boolean },
): void {
  const { x, y, accumulate } = sum;
  const rows = rowsOf(x);
  const blockRows = columnSumBlock(rows);
  const blocks = Math.ceil(rows / blockRows);
  if (blocks === 1) return dispatchColumnSum(lowering, { x, y, accumulate, blockRows });
  const partial = lowering.scratch("column_sum_partial", [blocks, columnsOf(x)]);
  dispatchColumnSum(lowering, { x, y: partial, accumulate: false, blockRows });
  lowerColumnSum(lowering, { x: partial, y, accumulate });
}

/** Rows summed by one invocation before the second stage. */
export function columnSumBlock(rows: number): number {
  if (rows <= MAX_BLOCKS) return rows;
  return Math.min(MAX_BLOCK_ROWS, Math.max(BLOCK_ROWS, Math.ceil(rows / MAX_BLOCKS)));
}

function dispatchColumnSum(
  lowering: Lowering,
  sum: { x: Tensor; y: Tensor; accumulate: boolean; blockRows: number },
): void {
  const { x, y, accumulate, blockRows } = sum;
  const { lanes, rows } = lowering.rowShape;
  const vector = vectorOf(columnsOf(x));
  const columns = columnsOf(x) / vector.width;
  const blocks = Math.ceil(rowsOf(x) / blockRows);
  lowering.dispatch({
    kernel: "column_sum_forward",
    code: vector.snippet + columnSumForward,
    constants: { ACCUMULATE: Number(accumulate), LANES: lanes, ROWS: rows },
    shape: { N: rowsOf(x), C: columns, BLOCK: blockRows, BLOCKS: blocks },
    bindings: { x, y },
    grid: [Math.ceil(columns / (LANE_COLUMNS * lanes)), Math.ceil(blocks / rows)],
    flops: sizeOf(x),
  });
}
