// Causal self-attention of every head over packed queries, keys and values. Scores are kept as a matrix per
// head: the products run on the matmul kernels, which leave out what lies above the diagonal. A pass knows
// nothing of how its lowering does it, so a form that never stores the scores can take its place.
// Paper: Vaswani et al., "Attention is all you need", https://arxiv.org/abs/1706.03762

import { dropoutPass } from "../dropout/dropout.ts";
import { lowerMatmul } from "../matmul/matmul.ts";
import type { MatmulMode, MatmulSpec, Operand } from "../matmul/matmul_spec.ts";
import { type Call, floats, type Pass, type Values } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, createTensor, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import { attentionBackwardReference, attentionForwardReference } from "./attention_reference.ts";
import attentionSoftmax from "./attention_softmax.wgsl" with { type: "text" };
import attentionSoftmaxBackward from "./attention_softmax_backward.wgsl" with { type: "text" };

export interface AttentionOptions {
  /** Sequences in `qkv`. */
  readonly batch: number;
  readonly heads: number;
  /** Drops probabilities with the random numbers of the step; `control` is a StepControl. */
  readonly dropout?: { readonly probability: number; readonly control: Tensor };
}

/** Sizes of one attention, as the reference and the lowering need them. */
export interface AttentionShape {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly D: number;
}

/**
 * y = softmax(Q Kt / sqrt(D)) V for every head, each position attending to itself and what is before it.
 *
 * @param qkv [B T, 3 C]: queries, keys and values of all heads side by side, C = H D
 * @returns [B T, C]
 * @throws {TypeError} when the sizes do not divide, RangeError when the dropout probability is not in [0, 1)
 */
export function attention(tape: Tape, qkv: Tensor, options: AttentionOptions): Tensor {
  const { batch, heads, dropout } = options;
  const rows = rowsOf(qkv);
  if (columnsOf(qkv) % (3 * heads) !== 0 || rows % batch !== 0) {
    throw new TypeError(
      `Cannot attend over ${qkv.name} [${qkv.shape}] with ${heads} heads in ${batch} sequences: ` +
        `columns must be a multiple of ${3 * heads} and rows of ${batch}`,
    );
  }
  const probability = dropout?.probability ?? 0;
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(
      `Cannot drop probabilities of ${qkv.name}: the probability is ${probability}, need 0 up to below 1`,
    );
  }
  const T = rows / batch;
  const y = tape.activation("attended", [...qkv.shape.slice(0, -1), columnsOf(qkv) / 3], { from: [qkv] });
  const probabilities = tape.activation("probabilities", [batch, heads, T, T]);
  tape.record(attentionForwardPass, {
    inputs: { qkv, ...(probability > 0 ? { control: dropout!.control } : {}) },
    outputs: { y, probabilities },
    attributes: { dropout: probability },
  });
  return y;
}

export const attentionForwardPass: Pass = {
  name: "attention_forward",
  reference: (call, values) =>
    attentionForwardReference({
      qkv: floats(values, call.inputs.qkv),
      factors: dropoutFactors(call, values),
      probabilities: floats(values, call.outputs.probabilities),
      y: floats(values, call.outputs.y),
    }, shapeOf(call)),
  lower: lowerForward,
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    const dQkv = dY && tape.gradientTarget(call.inputs.qkv);
    if (!dQkv) return;
    tape.record(attentionBackwardPass, {
      inputs: { ...call.inputs, probabilities: call.outputs.probabilities, d_y: dY },
      outputs: { d_qkv: dQkv.tensor },
      attributes: { ...call.attributes, accumulate: dQkv.accumulate },
      site: call.site,
    });
  },
};

export const attentionBackwardPass: Pass = {
  name: "attention_backward",
  reference: (call, values) =>
    attentionBackwardReference({
      qkv: floats(values, call.inputs.qkv),
      factors: dropoutFactors(call, values),
      probabilities: floats(values, call.inputs.probabilities),
      dY: floats(values, call.inputs.d_y),
      dQkv: floats(values, call.outputs.d_qkv),
    }, { ...shapeOf(call), accumulate: call.attributes.accumulate === true }),
  lower: lowerBackward,
};

function lowerForward(call: Call, lowering: Lowering): void {
  const { qkv } = call.inputs;
  const { y, probabilities } = call.outputs;
  const operands = operandsOf(qkv, call);
  const scores = scoresOperand(probabilities, call);
  product(lowering, call, { mode: "NT", a: operands.q, b: operands.k, c: scores, causality: "skip" });
  rowKernel(lowering, call, {
    kernel: "attention_softmax",
    code: attentionSoftmax,
    bindings: { probabilities },
  });
  const dropped = scoresOperand(drop(lowering, call, probabilities), call);
  const c = rowsOperand(y, 0, call);
  product(lowering, call, { mode: "NN", a: dropped, b: operands.v, c, causality: "upto" });
}

function lowerBackward(call: Call, lowering: Lowering): void {
  const { qkv, probabilities, d_y } = call.inputs;
  const { d_qkv } = call.outputs;
  const accumulate = call.attributes.accumulate === true;
  const { q, k, v } = operandsOf(qkv, call);
  const gradients = operandsOf(d_qkv, call);
  const dY = rowsOperand(d_y, 0, call);
  const dScores = lowering.scratch("d_probabilities", probabilities.shape);
  const dropped = scoresOperand(drop(lowering, call, probabilities), call);
  product(lowering, call, { mode: "TN", a: dropped, b: dY, c: gradients.v, causality: "from", accumulate });
  product(lowering, call, { mode: "NT", a: dY, b: v, c: scoresOperand(dScores, call), causality: "skip" });
  const dS = drop(lowering, call, dScores);
  rowKernel(lowering, call, {
    kernel: "attention_softmax_backward",
    code: attentionSoftmaxBackward,
    bindings: { probabilities, d_scores: dS },
  });
  const a = scoresOperand(dS, call);
  product(lowering, call, { mode: "NN", a, b: k, c: gradients.q, causality: "upto", accumulate });
  product(lowering, call, { mode: "TN", a, b: q, c: gradients.k, causality: "from", accumulate });
}

function shapeOf(call: Call): AttentionShape {
  const [B, H, T] = (call.outputs.probabilities ?? call.inputs.probabilities).shape;
  return { B, T, H, D: columnsOf(call.inputs.qkv) / 3 / H };
}

/** One product per head; M, N and K follow from the mode: scores are T x T, the rest T x D. */
function product(
  lowering: Lowering,
  call: Call,
  spec: Pick<MatmulSpec, "a" | "b" | "c" | "causality" | "accumulate"> & { mode: MatmulMode },
): void {
  const { B, T, H, D } = shapeOf(call);
  const isScores = spec.mode === "NT";
  lowerMatmul(lowering, { ...spec, M: T, N: isScores ? T : D, K: isScores ? D : T, batch: B * H, heads: H });
}

/** Queries, keys and values inside a tensor that packs them. */
function operandsOf(packed: Tensor, call: Call): { q: Operand; k: Operand; v: Operand } {
  const { H, D } = shapeOf(call);
  const [q, k, v] = [0, 1, 2].map((part) => rowsOperand(packed, part * H * D, call));
  return { q, k, v };
}

function rowsOperand(tensor: Tensor, column: number, call: Call): Operand {
  const { T, D } = shapeOf(call);
  return { tensor, rowsPerBatch: T, rowsPerHead: 0, column, columnsPerHead: D };
}

function scoresOperand(tensor: Tensor, call: Call): Operand {
  const { T, H } = shapeOf(call);
  return { tensor, rowsPerBatch: H * T, rowsPerHead: T, column: 0, columnsPerHead: 0 };
}

/** LANES invocations for each of the B H T rows of a score matrix. */
function rowKernel(
  lowering: Lowering,
  call: Call,
  kernel: { kernel: string; code: string; bindings: Record<string, Tensor> },
): void {
  const { B, T, H, D } = shapeOf(call);
  const { lanes, rows } = lowering.rowShape;
  const vector = vectorOf(T);
  lowering.dispatch({
    ...kernel,
    code: lowering.lanesSnippet + vector.snippet + kernel.code,
    constants: { LANES: lanes, ROWS: rows, T, SCALE: 1 / Math.sqrt(D) },
    grid: [Math.ceil(T / rows), B * H],
    flops: 4 * B * H * T * T,
  });
}

/** The scores with the drops of this attention applied; the same tensor without dropout. */
function drop(lowering: Lowering, call: Call, scores: Tensor): Tensor {
  if (call.attributes.dropout === 0) return scores;
  const y = lowering.scratch("dropped", scores.shape);
  dropoutPass.lower(dropoutCall(call, scores, y), lowering);
  return y;
}

/** What dropout multiplies each probability with, for the reference; undefined without dropout. */
function dropoutFactors(call: Call, values: Values): Float64Array | undefined {
  if (call.attributes.dropout === 0) return undefined;
  const { B, T, H } = shapeOf(call);
  const x = createTensor("ones", [B, H, T, T]);
  const y = createTensor("factors", [B, H, T, T]);
  const ones = new Float64Array(sizeOf(x)).fill(1);
  const factors = new Float64Array(sizeOf(y));
  const local = new Map<Tensor, Float64Array>([[x, ones], [y, factors]]);
  dropoutPass.reference(dropoutCall(call, x, y), {
    get: (tensor) => local.get(tensor) ?? values.get(tensor),
  });
  return factors;
}

function dropoutCall(call: Call, x: Tensor, y: Tensor): Call {
  const { T, H } = shapeOf(call);
  const attributes = {
    probability: call.attributes.dropout,
    elementsPerSample: H * T * T,
    accumulate: false,
  };
  return {
    pass: dropoutPass,
    attributes,
    inputs: { x, control: call.inputs.control },
    outputs: { y },
    site: call.site,
  };
}
