// Attention over a cache of keys and values, for prefill and decoding: rows are appended at their positions,
// then each query attends to what its slot holds up to it. The loop over keys ends at a position given as
// data, so one program serves every length up to the capacity.

import { type Call, floats, integers, type Pass } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import cachedAttentionAppend from "./cached_attention_append.wgsl" with { type: "text" };
import cachedAttentionBlock from "./cached_attention_block.wgsl" with { type: "text" };
import cachedAttentionJoin from "./cached_attention_join.wgsl" with { type: "text" };
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
 * value must be in the cache already, or are put there first with `append`, which takes at most one row of a slot.
 * Rows of padding give 0. With `oneSlot` all rows are of the slot of the first, which is faster.
 *
 * @returns [n, C]
 * @throws {TypeError} when the shapes do not fit together
 */
export function cachedAttention(
  tape: Tape,
  tensors: CachedAttentionTensors,
  options: { heads: number; append?: boolean; oneSlot?: boolean },
): Tensor {
  const { qkv, keys, values, positions, slots } = checked(tensors);
  const C = columnsOf(keys);
  const { heads, append = false, oneSlot = false } = options;
  if (C % heads !== 0) {
    throw new TypeError(
      `Cannot attend over ${keys.name} [${keys.shape}]: columns must be a multiple of ${heads} heads`,
    );
  }
  const y = tape.activation("attended", [rowsOf(qkv), C]);
  tape.record(cachedAttentionPass, {
    inputs: { qkv, keys, values, positions, slots },
    outputs: { y, ...(append && { keys, values }) },
    attributes: { heads, append, oneSlot },
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
  reference(call, values): void {
    if (call.attributes.append) appendPass.reference(call, values);
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
    });
  },
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
/** Workgroups that keep a GPU busy, and the fewest keys worth a workgroup of their own. */
const GPU_WORKGROUPS = 256;
const KEYS_OF_SPLIT = 256;
/** Rows of cached_attention_block: lanes of a wave. */
const BLOCK_ROWS = 8;
/** CPU adapters silently end an invocation after 65,535 turns of all its loops together. */
const MOST_TURNS = 60_000;

function lowerCachedAttention(call: Call, lowering: Lowering): void {
  const { qkv, keys, values, positions, slots } = call.inputs;
  if (fitsBlock(call, lowering)) return lowerBlock(call, lowering);
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
  const splits = splitsOf(call, lowering);
  const y = splits === 1
    ? call.outputs.y
    : lowering.scratch("attended_parts", [rowsOf(qkv) * heads, splits, (width + 2) * vector.width]);
  const sizes = `const CHUNKS = ${chunks}u;\nconst INVOCATIONS = ${lanes * waves}u;\n`;
  lowering.dispatch({
    kernel: "cached_attention_forward",
    code: lowering.lanesSnippet + vector.snippet + sizes + cachedAttentionForward,
    constants: {
      LANES: lanes,
      ROWS: waves,
      C: C / vector.width,
      D: width,
      S,
      SCALE: Math.sqrt(heads / C),
      APPEND: Number(call.attributes.append),
      SPLITS: splits,
    },
    bindings: { qkv, keys, values, positions, slots, y },
    grid: [heads, rowsOf(qkv), splits],
    // Of a full cache: how much of it there is, is data. Queries are a third of qkv.
    flops: 4 * rowsOf(qkv) * S * C,
    bytes: 4 * (sizeOf(keys) + sizeOf(values) + rowsOf(qkv) * (2 * C + 2)),
  });
  if (splits === 1) return;
  lowering.dispatch({
    kernel: "cached_attention_join",
    code: vector.snippet + cachedAttentionJoin,
    constants: { D: width, SPLITS: splits },
    bindings: { parts: y, y: call.outputs.y },
    grid: [Math.ceil(width / 64), heads, rowsOf(qkv)],
    flops: 3 * splits * rowsOf(qkv) * C,
  });
}

/** Rows of one slot, on an adapter whose subgroups have the 8 lanes that the kernel names. */
function fitsBlock({ attributes, inputs }: Call, lowering: Lowering): boolean {
  const { keys, qkv } = inputs;
  const D = columnsOf(keys) / Number(attributes.heads);
  const turns = Math.ceil(keys.shape[1] / BLOCK_ROWS) * (1 + 2 * D / vectorOf(D).width);
  return Boolean(attributes.oneSlot) && lowering.family === "wave" &&
    lowering.traits.subgroupSize === BLOCK_ROWS &&
    rowsOf(qkv) > 1 && turns <= MOST_TURNS;
}

function lowerBlock(call: Call, lowering: Lowering): void {
  const heads = Number(call.attributes.heads);
  const { keys, qkv } = call.inputs;
  const [, S, C] = keys.shape;
  const N = rowsOf(qkv);
  const vector = vectorOf(C / heads);
  lowering.dispatch({
    kernel: "cached_attention_block",
    code: `${vector.snippet}const D = ${C / heads / vector.width}u;\n${cachedAttentionBlock}`,
    constants: { N, C: C / vector.width, S, SCALE: Math.sqrt(heads / C) },
    bindings: { ...call.inputs, y: call.outputs.y },
    grid: [heads, Math.ceil(N / BLOCK_ROWS)],
    flops: 4 * N * S * C,
  });
}

/**
 * Parts the keys of a decoded row are cut into, so that a few long rows keep the device busy; a prefill has many rows.
 * It does not depend on the number of rows: a sequence gets the same bits alone and among others.
 */
function splitsOf({ attributes, inputs }: Call, { traits }: Lowering): number {
  if (!attributes.append) return 1;
  const wanted = traits.isSoftware ? 2 * navigator.hardwareConcurrency : GPU_WORKGROUPS;
  return Math.max(
    1,
    Math.min(Math.floor(inputs.keys.shape[1] / KEYS_OF_SPLIT), Math.ceil(wanted / Number(attributes.heads))),
  );
}
