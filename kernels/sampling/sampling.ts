// Chooses the next token of each sequence on the device and leaves it where the next replay reads it, so that
// decoding does not wait for the host: temperature, top-k, top-p, then a draw by the inverse of the
// cumulative distribution in the order of ids. The host reads the ring of tokens whenever it likes.
// Paper: Holtzman et al., "The curious case of neural text degeneration" (top-p), https://arxiv.org/abs/1904.09751

import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, createTensor, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import groupLanes from "../snippets/group_lanes.wgsl" with { type: "text" };
import random from "../snippets/random.wgsl" with { type: "text" };
import { SAMPLING_CONTROL_SIZE } from "./sampling_control.ts";
import samplingDraw from "./sampling_draw.wgsl" with { type: "text" };
import { samplingReference } from "./sampling_reference.ts";

export interface SamplingTensors {
  /** [n, pitch], of which the first `vocabSize` columns count. */
  readonly logits: Tensor;
  /** u32 [n, 8], settings of each row; see sampling_control.ts. */
  readonly control: Tensor;
  /** u32 [n], overwritten with the chosen ids. */
  readonly tokens: Tensor;
  /** u32 [n], place in its sequence of the token that gave the logits; advanced to that of the chosen one. */
  readonly positions: Tensor;
  /** u32 [n, 1 + size]: count of tokens chosen so far, then the last `size` of them at count % size. */
  readonly ring: Tensor;
}

/** Invocations of a workgroup, and Vectors each may visit in one of about 70 loops: adapters cut off at 65,535. */
const INVOCATIONS = 256;
const MOST_VISITS = 800;

/** Makes the ring of `rows` sequences that remembers `size` tokens of each. */
export function createTokenRing(rows: number, size: number): Tensor {
  return createTensor("token_ring", [rows, 1 + size], { dtype: "u32", lifetime: "persistent" });
}

/**
 * Records the choice of one token for each row of logits. Rows whose position is 0xffffffff are padding: nothing of
 * theirs changes.
 *
 * @throws {TypeError} when the shapes do not fit together
 * @throws {RangeError} when the vocabulary has more entries than a row, or than a kernel can visit
 */
export function sample(tape: Tape, tensors: SamplingTensors, options: { vocabSize: number }): void {
  const { logits, control, tokens, positions, ring } = tensors;
  const { vocabSize } = options;
  const n = rowsOf(logits);
  const fits = sizeOf(control) === n * SAMPLING_CONTROL_SIZE && sizeOf(tokens) === n &&
    sizeOf(positions) === n &&
    rowsOf(ring) === n && columnsOf(ring) >= 2;
  if (!fits) {
    throw new TypeError(
      `Cannot sample from ${logits.name} [${logits.shape}] with control [${control.shape}], ` +
        `tokens [${tokens.shape}], positions [${positions.shape}] and ring [${ring.shape}]: ` +
        `need [n, ${SAMPLING_CONTROL_SIZE}], [n], [n], [n, 1 + size]`,
    );
  }
  const pitch = columnsOf(logits);
  const visits = pitch / vectorOf(pitch).width / INVOCATIONS;
  if (!(vocabSize >= 1 && vocabSize <= pitch && visits <= MOST_VISITS)) {
    throw new RangeError(
      `Cannot sample from ${logits.name} [${logits.shape}]: the vocabulary of ${vocabSize} must fit the ` +
        `columns, at most ${MOST_VISITS * INVOCATIONS} or four times that if they are a multiple of 4`,
    );
  }
  tape.record(samplingPass, {
    inputs: { logits, control },
    outputs: { tokens, positions, ring },
    attributes: { vocabSize },
  });
}

export const samplingPass: Pass = {
  name: "sampling_draw",
  reference: (call, values) =>
    samplingReference({
      logits: floats(values, call.inputs.logits),
      control: integers(values, call.inputs.control),
      tokens: integers(values, call.outputs.tokens),
      positions: integers(values, call.outputs.positions),
      ring: integers(values, call.outputs.ring),
    }, {
      vocabSize: Number(call.attributes.vocabSize),
      pitch: columnsOf(call.inputs.logits),
      ringColumns: columnsOf(call.outputs.ring),
    }),
  lower: lowerSampling,
};

function lowerSampling(call: Call, lowering: Lowering): void {
  const { logits, control } = call.inputs;
  const { tokens, positions, ring } = call.outputs;
  const vector = vectorOf(columnsOf(logits));
  const pitch = columnsOf(logits) / vector.width;
  const { lanes } = lowering.rowShape;
  const waves = Math.min(INVOCATIONS / lanes, Math.ceil(pitch / lanes));
  lowering.dispatch({
    kernel: "sampling_draw",
    code: lowering.lanesSnippet + groupLanes + vector.snippet + random + samplingDraw,
    constants: {
      LANES: lanes,
      ROWS: waves,
      PITCH: pitch,
      VOCAB_SIZE: Number(call.attributes.vocabSize),
      RING_COLUMNS: columnsOf(ring),
    },
    bindings: { logits, control, tokens, positions, ring },
    grid: [rowsOf(logits)],
    // Maximum, weights and draw; what the searches for top-k and top-p add depends on settings and logits.
    flops: 10 * sizeOf(logits),
    detail: logits.shape.join("x"),
    // Of the ring, a count and one place.
    bytes: 4 * (sizeOf(logits) + rowsOf(logits) * (SAMPLING_CONTROL_SIZE + 6)),
  });
}
