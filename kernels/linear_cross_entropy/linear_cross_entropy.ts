// Language-model head and loss in one operation: logits = x Wt, mean cross-entropy against the targets.
// Logits exist for one chunk of rows at a time, and where a gradient is wanted they are turned into it on the
// spot, so that the largest tensor of a language model is never materialised (the idea of Liger-Kernel's
// fused linear cross-entropy, arXiv:2410.10989).

import { lowerMatmul } from "../matmul/matmul.ts";
import { wholeOperand } from "../matmul/matmul_spec.ts";
import { lowerQuantizedMatmul } from "../quantized_matmul/quantized_matmul.ts";
import {
  dequantizeMatrix,
  isQuantized,
  quantizedAttributes,
  quantizedFrom,
  type QuantizedMatrix,
} from "../quantized_matmul/quantized_matrix.ts";
import { type Call, floats, integers, type Pass, type Values } from "../program/call.ts";
import { type Lowering, roundUp, type RowShape } from "../program/lowering.ts";
import { unpackStepControl } from "../program/step_control.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor, viewOf } from "../program/tensor.ts";
import lanesWorkgroup from "../snippets/lanes_workgroup.wgsl" with { type: "text" };
import stepControl from "../snippets/step_control.wgsl" with { type: "text" };
import quad from "../snippets/vector_4.wgsl" with { type: "text" };
import rowsKernel from "./linear_cross_entropy_rows.wgsl" with { type: "text" };
import sumKernel from "./linear_cross_entropy_sum.wgsl" with { type: "text" };
import { linearCrossEntropyReference } from "./linear_cross_entropy_reference.ts";

export interface LinearCrossEntropyTensors {
  /** [N, C], hidden states. */
  readonly x: Tensor;
  /** [V, C]; quantised, it has C as K and V as N, and no gradient. */
  readonly weight: Tensor | QuantizedMatrix;
  /** u32 [N], ids below V, or IGNORED_TARGET. */
  readonly targets: Tensor;
  /** StepControl, of which the loss divisor is read. */
  readonly control: Tensor;
  /** [1], to which the sum of the losses over the divisor is added. */
  readonly accumulator: Tensor;
  /** Whether gradients are wanted. */
  readonly training: boolean;
  /** Most bytes of logits at a time; 32 MiB where left out. */
  readonly chunkBytes?: number;
}

const CHUNK_BYTES = 1 << 25;
/** Rows of a chunk are a multiple of this, so that chunks start at an aligned offset of every tensor. */
const ROW_GROUP = 64;
/** Vocabulary from which a row of logits is long. */
const WIDE_ROW = 4096;

/**
 * accumulator += sum_n (log sum_v exp(logits[n, v]) - logits[n, target_n]) / divisor, with logits = x
 * weight^T. When training, the gradient of x is computed on the way and that of the weight is added to the
 * parameter's.
 *
 * @throws {TypeError} when the shapes do not fit together
 */
export function linearCrossEntropy(tape: Tape, tensors: LinearCrossEntropyTensors): void {
  const { x, weight, targets, control, accumulator, training } = tensors;
  const [shape, tensor] = isQuantized(weight)
    ? [[weight.N, weight.K], weight.packed]
    : [weight.shape, weight];
  if (columnsOf(x) !== shape[1] || shape.length !== 2 || sizeOf(targets) !== rowsOf(x)) {
    throw new TypeError(
      `Cannot compare ${x.name} [${x.shape}] times ${tensor.name} [${shape}] with ${targets.name} ` +
        `[${targets.shape}]: need [N, C], [V, C] and [N]`,
    );
  }
  const dX = training && x.requiresGradient ? tape.activation(`d_${x.name}`, x.shape) : undefined;
  const dWeight = training && !isQuantized(weight) ? tape.gradientTarget(weight) : undefined;
  tape.record(linearCrossEntropyPass, {
    inputs: { x, weight: tensor, targets, control },
    outputs: { accumulator, ...(dX ? { d_x: dX } : {}), ...(dWeight ? { d_weight: dWeight.tensor } : {}) },
    attributes: {
      chunkBytes: tensors.chunkBytes ?? CHUNK_BYTES,
      accumulate: dWeight?.accumulate ?? false,
      ...(isQuantized(weight) ? quantizedAttributes(weight) : {}),
    },
  });
}

export const linearCrossEntropyPass: Pass = {
  name: "linear_cross_entropy_forward",
  reference(call, values): void {
    const { x, targets, control } = call.inputs;
    const { accumulator, d_x: dX, d_weight: dWeight } = call.outputs;
    if (dWeight && !call.attributes.accumulate) floats(values, dWeight).fill(0);
    linearCrossEntropyReference({
      x: floats(values, x),
      weight: weightValues(call, values),
      targets: integers(values, targets),
      accumulator: floats(values, accumulator),
      dX: dX && floats(values, dX),
      dWeight: dWeight && floats(values, dWeight),
    }, { C: columnsOf(x), divisor: unpackStepControl(integers(values, control)).lossDivisor });
  },
  lower: lowerLinearCrossEntropy,
  vjp(call, tape): void {
    if (call.outputs.d_x) tape.passGradient(call.inputs.x, call.outputs.d_x);
  },
};

/** The matrix of a call, which has `bits` when it is quantised. */
function weightOf({ inputs, attributes }: Call): Tensor | QuantizedMatrix {
  return "bits" in attributes ? quantizedFrom(inputs.weight, attributes) : inputs.weight;
}

function weightValues(call: Call, values: Values): Float64Array {
  const weight = weightOf(call);
  if (!isQuantized(weight)) return floats(values, weight);
  return dequantizeMatrix(integers(values, weight.packed), weight, { transposed: true });
}

function vocabularyOf(call: Call): number {
  const weight = weightOf(call);
  return isQuantized(weight) ? weight.N : rowsOf(weight);
}

function lowerLinearCrossEntropy(call: Call, lowering: Lowering): void {
  const N = rowsOf(call.inputs.x);
  const losses = lowering.scratch("losses", [N]);
  const rows = chunkRows(call, lowering);
  for (let first = 0; first < N; first += rows) {
    lowerChunk(call, lowering, { first, rows: Math.min(rows, N - first), losses });
  }
  lowering.dispatch({
    kernel: "linear_cross_entropy_sum",
    code: stepControl + sumKernel,
    constants: { SIZE: N },
    bindings: { losses, control: call.inputs.control, accumulator: call.outputs.accumulator },
    grid: [1],
    flops: N,
  });
}

/** Rows whose logits fit the chunk and one binding. */
function chunkRows(call: Call, lowering: Lowering): number {
  const rowBytes = roundUp(vocabularyOf(call), 4) * 4;
  const bytes = Math.min(call.attributes.chunkBytes as number, lowering.traits.maxBindingBytes);
  return Math.max(ROW_GROUP, Math.floor(bytes / rowBytes / ROW_GROUP) * ROW_GROUP);
}

function lowerChunk(
  call: Call,
  lowering: Lowering,
  chunk: { first: number; rows: number; losses: Tensor },
): void {
  const { weight, targets, control } = call.inputs;
  const { d_x: dX, d_weight: dWeight } = call.outputs;
  const { rows } = chunk;
  const V = vocabularyOf(call);
  const C = columnsOf(call.inputs.x);
  const part = (tensor: Tensor, columns: number) => {
    return viewOf(tensor, { offset: chunk.first * columns, shape: columns === 1 ? [rows] : [rows, columns] });
  };
  const x = part(call.inputs.x, C);
  const logits = lowering.scratch("logits", [rows, roundUp(V, 4)]);
  const [a, b, c] = [x, weight, logits].map(wholeOperand);
  const matrix = weightOf(call);
  if (isQuantized(matrix)) lowerQuantizedMatmul(lowering, { M: rows, a, c, matrix });
  else lowerMatmul(lowering, { mode: "NT", M: rows, N: V, K: C, a, b, c });
  lowerRows(lowering, {
    logits,
    V,
    withGradient: dX !== undefined || dWeight !== undefined,
    bindings: { targets: part(targets, 1), control, losses: part(chunk.losses, 1) },
  });
  if (dX) lowerMatmul(lowering, { mode: "NN", M: rows, N: C, K: V, a: c, b, c: wholeOperand(part(dX, C)) });
  if (!dWeight) return;
  const accumulate = chunk.first > 0 || Boolean(call.attributes.accumulate);
  lowerMatmul(lowering, {
    mode: "TN",
    M: V,
    N: C,
    K: rows,
    a: c,
    b: a,
    c: wholeOperand(dWeight),
    accumulate,
  });
}

function lowerRows(
  lowering: Lowering,
  options: {
    logits: Tensor;
    V: number;
    withGradient: boolean;
    bindings: { targets: Tensor; control: Tensor; losses: Tensor };
  },
): void {
  const { logits, V, withGradient, bindings } = options;
  const rows = rowsOf(logits);
  const { shape, snippet } = rowShapeFor(V, lowering);
  lowering.dispatch({
    kernel: "linear_cross_entropy_rows",
    code: quad + stepControl + snippet + rowsKernel,
    constants: {
      LANES: shape.lanes,
      ROWS: shape.rows,
      N: rows,
      V,
      PITCH: columnsOf(logits) / 4,
      WITH_GRADIENT: Number(withGradient),
    },
    bindings: { logits, ...bindings },
    grid: [Math.ceil(rows / shape.rows)],
    flops: rows * V * (withGradient ? 9 : 4),
    // Logits are read, and their gradient written in their place; a target is read and a loss written a row.
    bytes: 4 * rows * (2 + columnsOf(logits) * (withGradient ? 2 : 1)),
  });
}

/** A chunk of long rows has few of them: then a GPU gives each a whole workgroup instead of one subgroup. */
function rowShapeFor(V: number, lowering: Lowering): { shape: RowShape; snippet: string } {
  if (V < WIDE_ROW || lowering.traits.isSoftware) {
    return { shape: lowering.rowShape, snippet: lowering.lanesSnippet };
  }
  return { shape: { lanes: 256, rows: 1 }, snippet: lanesWorkgroup };
}
