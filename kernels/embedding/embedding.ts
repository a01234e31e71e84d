// Token embedding plus position embedding. The gradient of the token table is summed by segments of rows with
// the same token, which the host sorts beside the batch; only rows of tokens in the batch are touched.
// Training batches are packed, row n has position n % T, so the gradient of the position table is a column sum.

import { columnSumPass } from "../column_sum/column_sum.ts";
import { rowGrid } from "../layer_norm/layer_norm.ts";
import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowPieces, rowsOf, sizeOf, type Tensor, viewOf } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import embeddingBackward from "./embedding_backward.wgsl" with { type: "text" };
import embeddingBackwardLong from "./embedding_backward_long.wgsl" with { type: "text" };
import embeddingForward from "./embedding_forward.wgsl" with { type: "text" };
import { embeddingBackwardReference, embeddingForwardReference } from "./embedding_reference.ts";
import { LONG_SEGMENT } from "./segments.ts";

/** Columns, in Vectors, of one lane of the gradient: finding a segment costs as much as summing a few. */
const LANE_COLUMNS = 8;

/** The rows of the batch grouped by token: tensors with the contents of sortSegments(). */
export interface SegmentTensors {
  /** u32 [N]. */
  readonly order: Tensor;
  /** u32 [N + 1]. */
  readonly starts: Tensor;
  /** u32 [N]. */
  readonly ids: Tensor;
}

export interface EmbeddingInputs {
  /** u32 [N] or [B, T]; the host refuses ids of V and beyond. */
  readonly tokens: Tensor;
  /** u32, as many as tokens. */
  readonly positions: Tensor;
  /** [V, C]. */
  readonly tokenTable: Tensor;
  /** [P, C], a parameter or a constant. */
  readonly positionTable: Tensor;
  /** Undefined when no gradient is wanted. */
  readonly segments: SegmentTensors | undefined;
}

/**
 * y[n] = tokenTable[tokens[n]] + positionTable[positions[n]].
 *
 * For the gradient of the position table the batch must be packed: row n has position n % T, T being the last
 * dimension of tokens but at most P.
 *
 * @returns [...shape of tokens, C]
 * @throws {TypeError} when tables, tokens, positions and segments do not fit together
 */
export function embedding(tape: Tape, inputs: EmbeddingInputs): Tensor {
  const { tokens, positions, tokenTable, positionTable, segments } = inputs;
  const N = sizeOf(tokens);
  const C = columnsOf(tokenTable);
  if (columnsOf(positionTable) !== C) {
    throw new TypeError(
      `Cannot embed with ${tokenTable.name} [${tokenTable.shape}] and ${positionTable.name} ` +
        `[${positionTable.shape}]: rows must be of one length`,
    );
  }
  if (sizeOf(positions) !== N || (segments && sizeOf(segments.order) !== N)) {
    throw new TypeError(
      `Cannot embed ${tokens.name} [${tokens.shape}]: positions and segments must be of ${N} rows`,
    );
  }
  const T = Math.min(columnsOf(tokens), rowsOf(positionTable));
  if (positionTable.requiresGradient && segments && N % T !== 0) {
    throw new TypeError(
      `Cannot embed ${tokens.name} [${tokens.shape}]: ${N} rows are not whole sequences of ${T}`,
    );
  }
  const y = tape.activation("embedded", [...tokens.shape, C], { from: [tokenTable, positionTable] });
  tape.record(embeddingPass, {
    inputs: { tokens, positions, tokenTable, positionTable, ...segments },
    outputs: { y },
    attributes: { T },
  });
  return y;
}

/**
 * The fixed position table of the first transformer, without parameters and for any length: table with sin(p
 * / 10000^(2i / C)) in column 2i and the cosine of the same angle in column 2i + 1.
 *
 * @param P positions
 * @param C columns
 * @returns [P, C]
 * @see https://arxiv.org/abs/1706.03762
 */
export function sinusoidalPositions(P: number, C: number): Float32Array {
  const table = new Float32Array(P * C);
  for (let p = 0; p < P; p++) {
    for (let c = 0; c < C; c++) {
      const angle = p / 10000 ** ((c - c % 2) / C);
      table[p * C + c] = c % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

/** y from tokens, positions and their tables; order, starts and ids are there for the gradient only. */
export const embeddingPass: Pass = {
  name: "embedding_forward",
  reference: (call, values) =>
    embeddingForwardReference({
      tokens: integers(values, call.inputs.tokens),
      positions: integers(values, call.inputs.positions),
      tokenTable: floats(values, call.inputs.tokenTable),
      positionTable: floats(values, call.inputs.positionTable),
      y: floats(values, call.outputs.y),
    }),
  lower: lowerForward,
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    if (!dY) return;
    const { tokenTable, positionTable } = call.inputs;
    recordTokenGradient(call, tape, { dY, tokenTable });
    const dPositions = tape.gradientTarget(positionTable);
    if (!dPositions) return;
    const T = Number(call.attributes.T);
    const width = T * columnsOf(dY);
    tape.record(columnSumPass, {
      inputs: { x: viewOf(dY, { offset: 0, shape: [sizeOf(dY) / width, width] }) },
      outputs: { y: viewOf(dPositions.tensor, { offset: 0, shape: [width] }) },
      attributes: { accumulate: dPositions.accumulate },
    });
  },
};

function recordTokenGradient(call: Call, tape: Tape, tensors: { dY: Tensor; tokenTable: Tensor }): void {
  const { dY, tokenTable } = tensors;
  const dTokens = tape.gradientTarget(tokenTable);
  if (!dTokens) return;
  const { order, starts, ids } = call.inputs;
  if (!order || !dTokens.accumulate) {
    const missing = order ? "accumulating gradient" : "segments";
    throw new Error(`Internal: cannot differentiate embedding by ${tokenTable.name} without ${missing}`);
  }
  tape.record(embeddingBackwardPass, {
    inputs: { order, starts, ids, d_y: dY },
    outputs: { d_token_table: dTokens.tensor },
  });
}

const embeddingBackwardPass: Pass = {
  name: "embedding_backward",
  reference: (call, values) =>
    embeddingBackwardReference({
      order: integers(values, call.inputs.order),
      starts: integers(values, call.inputs.starts),
      ids: integers(values, call.inputs.ids),
      dY: floats(values, call.inputs.d_y),
      dTokenTable: floats(values, call.outputs.d_token_table),
    }),
  lower: lowerBackward,
};

function lowerForward(call: Call, lowering: Lowering): void {
  const { tokens, positions, tokenTable, positionTable } = call.inputs;
  const { lanes, rows } = lowering.rowShape;
  const C = columnsOf(tokenTable);
  const N = sizeOf(tokens);
  const vector = vectorOf(C);
  for (const { first, piece } of rowPieces(tokenTable, lowering.traits.maxBindingBytes)) {
    lowering.dispatch({
      kernel: "embedding_forward",
      code: vector.snippet + embeddingForward,
      constants: {
        N,
        C: C / vector.width,
        V: rowsOf(tokenTable),
        FIRST: first,
        ROWS_HERE: rowsOf(piece),
        P: rowsOf(positionTable),
        LANES: lanes,
        ROWS: rows,
      },
      bindings: { tokens, positions, token_table: piece, position_table: positionTable, y: call.outputs.y },
      grid: rowGrid(N, lowering.rowShape),
      flops: N * C,
      detail: `${N}x${C}`,
      // No more rows of a table than there are tokens.
      bytes: 4 * (2 * N + C * (N + Math.min(N, rowsOf(piece)) + Math.min(N, rowsOf(positionTable)))),
    });
  }
}

function lowerBackward(call: Call, lowering: Lowering): void {
  const { order, starts, ids, d_y } = call.inputs;
  const { d_token_table } = call.outputs;
  const { lanes, rows } = lowering.rowShape;
  const vector = vectorOf(columnsOf(d_y));
  const C = columnsOf(d_y) / vector.width;
  const N = sizeOf(order);
  const V = sizeOf(d_token_table) / columnsOf(d_y);
  const segments = Math.min(N, V);
  const bindings = { order, starts, ids, d_y, d_token_table };
  // As if all tokens were of this dispatch's kind; which are is data. Rows of tokens that occur are added to.
  const bytes = 4 * (N + 2 * segments + sizeOf(d_y) + 2 * segments * columnsOf(d_y));
  const work = { flops: sizeOf(d_y), bytes, detail: `${N}x${columnsOf(d_y)}` };
  lowering.dispatch({
    kernel: "embedding_backward",
    code: vector.snippet + embeddingBackward,
    constants: {
      SEGMENTS: segments,
      C,
      V,
      LONG: LONG_SEGMENT,
      COLUMNS: LANE_COLUMNS,
      LANES: lanes,
      ROWS: rows,
    },
    bindings,
    grid: [Math.ceil(segments / rows), Math.ceil(C / (LANE_COLUMNS * lanes))],
    ...work,
  });
  const longSegments = Math.min(segments, Math.floor(N / (LONG_SEGMENT + 1)));
  if (longSegments === 0) return;
  lowering.dispatch({
    kernel: "embedding_backward_long",
    code: vector.snippet + embeddingBackwardLong,
    constants: { C, V, LONG: LONG_SEGMENT, LANES: lanes, PARTS: Math.min(8, 256 / lanes) },
    bindings,
    grid: [longSegments, Math.ceil(C / lanes)],
    ...work,
  });
}
