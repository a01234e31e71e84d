// Attention over a cache of keys and values, for prefill and decoding: rows are appended at their positions,
// then each query attends to what its slot holds up to it. The loop over keys ends at a position given as
// data, so one program serves every length up to the capacity.

import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import cachedAttentionAppend from "./cached_attention_append.wgsl" with { type: "text" };
import cachedAttentionForward from "./cached_attention_forward.wgsl" with { type: "text" };
import { appendReference, cachedAttentionReference } from "./cached_attention_reference.ts";

/** Position of a row that only fills a program's fixed count of rows; any position past the capacity says the same. */
export const PADDING_POSITION = 0xffffffff;

export interface CachedAttentionTensors {
  /** [n, 3 C]: queries, keys and values of all heads side by side. */
  readonly qkv: Tensor;
  /** [slots, S, C], kept between programs. */
  readonly keys: Tensor;
  /** [slots, S, C], kept between programs. */
  readonly values: Tensor;
  /** u32 [n], place of each row in its sequence. */
  readonly positions: Tensor;
  /** u32 [n], sequence of each row. */
  readonly slots: Tensor;
}

/**
 * Records keys[slot, position] = k and values[slot, position] = v for every row of `qkv`. Rows of padding write
 * nothing.
 *
 * @throws {TypeError} when the shapes do not fit together
 */
export function appendToCache(tape: Tape, tensors: CachedAttentionTensors): void {
  const { qkv, keys, values, positions, slots } = checked(tensors);
  tape.record(appendPass, { inputs: { qkv, positions, slots }, outputs: { keys, values } });
}

/**
 * y = softmax(q Kt / sqrt(D)) V over cache rows 0 to the row's own position, for every head. The row's key and
 * value must be in the cache already. Rows of padding give 0.
 *
 * @returns [n, C]
 * @throws {TypeError} when the shapes do not fit together
 */
export function cachedAttention(
  tape: Tape,
  tensors: CachedAttentionTensors,
  options: { heads: number },
): Tensor {
  const { qkv, keys, values, positions, slots } = checked(tensors);
  const C = columnsOf(keys);
  const { heads } = options;
  if (C % heads !== 0) {
    throw new TypeError(
      `Cannot attend over ${keys.name} [${keys.shape}]: columns must be a multiple of ${heads} heads`,
    );
  }
  const y = tape.activation("attended", [rowsOf(qkv), C]);
  tape.record(cachedAttentionPass, {
    inputs: { qkv, keys, values, positions, slots },
    outputs: { y },
    attributes: { heads },
  });
  return y;
}

function checked(tensors: CachedAttentionTensors): CachedAttentionTensors {
  const { qkv, keys, values, positions, slots } = tensors;
  const n = rowsOf(qkv);
  const fits = keys.shape.length === 3 && keys.shape.join() === values.shape.join() &&
    columnsOf(qkv) === 3 * columnsOf(keys) && sizeOf(positions) === n && sizeOf(slots) === n;
  if (!fits) {
    throw new TypeError(
      `Cannot use ${keys.name} [${keys.shape}] and ${values.name} [${values.shape}] as the cache of ` +
        `${qkv.name} [${qkv.shape}] with ${sizeOf(positions)} positions and ${sizeOf(slots)} slots: ` +
        "need [slots, S, C] twice, [n, 3 C], n and n",
    );
  }
  return tensors;
}

export const appendPass: Pass = {
  name: "cached_attention_append",
  reference: (call, values) =>
    appendReference({
      qkv: floats(values, call.inputs.qkv),
      positions: integers(values, call.inputs.positions),
      slots: integers(values, call.inputs.slots),
      keys: floats(values, call.outputs.keys),
      values: floats(values, call.outputs.values),
    }, { C: columnsOf(call.outputs.keys), S: call.outputs.keys.shape[1] }),
  lower: lowerAppend,
};

export const cachedAttentionPass: Pass = {
  name: "cached_attention_forward",
  reference: (call, values) =>
    cachedAttentionReference({
      qkv: floats(values, call.inputs.qkv),
      keys: floats(values, call.inputs.keys),
      values: floats(values, call.inputs.values),
      positions: integers(values, call.inputs.positions),
      slots: integers(values, call.inputs.slots),
      y: floats(values, call.outputs.y),
    }, {
      C: columnsOf(call.inputs.keys),
      S: call.inputs.keys.shape[1],
      heads: Number(call.attributes.heads),
    }),
  lower: lowerCachedAttention,
};

function lowerAppend(call: Call, lowering: Lowering): void {
  const { qkv, positions, slots } = call.inputs;
  const { keys, values } = call.outputs;
  const vector = vectorOf(columnsOf(keys));
  const columns = columnsOf(keys) / vector.width;
  lowering.dispatch({
    kernel: "cached_attention_append",
    code: vector.snippet + cachedAttentionAppend,
    constants: { C: columns, S: keys.shape[1] },
    bindings: { qkv, positions, slots, keys, values },
    grid: [Math.ceil(columns / 64), rowsOf(qkv)],
    // Keys and values are read once and written once.
    bytes: 4 * rowsOf(qkv) * (4 * columnsOf(keys) + 2),
  });
}

/** Invocations of a workgroup on a real GPU: several waves share the keys of a query; a CPU has one wave. */
const GPU_INVOCATIONS = 128;
/** CPU adapters silently end an invocation after 65,535 turns of all its loops together. */
const MOST_TURNS = 60_000;

function lowerCachedAttention(call: Call, lowering: Lowering): void {
  const { qkv, keys, values, positions, slots } = call.inputs;
  const heads = Number(call.attributes.heads);
  const [, S, C] = keys.shape;
  const vector = vectorOf(C / heads);
  const width = C / heads / vector.width;
  const { lanes } = lowering.rowShape;
  const waves = lowering.traits.isSoftware ? 1 : Math.max(1, GPU_INVOCATIONS / lanes);
  const chunks = Math.ceil(width / lanes);
  const turns = Math.ceil(S / (4 * lanes * waves)) * (1 + width + chunks * (1 + lanes));
  if (lowering.traits.isSoftware && turns > MOST_TURNS) {
    throw new RangeError(
      `${turns} loop turns over a cache of ${S} positions and ${C / heads} channels per head, at most ` +
        `${MOST_TURNS} on this adapter, need fewer positions or a multiple of 4 channels`,
    );
  }
  const sizes = `const CHUNKS = ${chunks}u;\nconst INVOCATIONS = ${lanes * waves}u;\n`;
  lowering.dispatch({
    kernel: "cached_attention_forward",
    code: lowering.lanesSnippet + vector.snippet + sizes + cachedAttentionForward,
    constants: { LANES: lanes, ROWS: waves, C: C / vector.width, D: width, S, SCALE: Math.sqrt(heads / C) },
    bindings: { qkv, keys, values, positions, slots, y: call.outputs.y },
    grid: [heads, rowsOf(qkv)],
    // Of a full cache: how much of it there is, is data. Queries are a third of qkv.
    flops: 4 * rowsOf(qkv) * S * C,
    bytes: 4 * (sizeOf(keys) + sizeOf(values) + rowsOf(qkv) * (2 * C + 2)),
  });
}
