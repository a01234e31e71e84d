// Lowers attention by way of stored probabilities, a T x T matrix per head, for heads of any size: the products run on
// the matmul kernels, which leave out what lies above the diagonal.

import { dropoutPass } from "../dropout/dropout.ts";
import { lowerMatmul } from "../matmul/matmul.ts";
import type { MatmulMode, MatmulSpec, Operand } from "../matmul/matmul_spec.ts";
import type { Call } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import attentionSoftmax from "./attention_softmax.wgsl" with { type: "text" };
import attentionSoftmaxBackward from "./attention_softmax_backward.wgsl" with { type: "text" };
import { hasDropout, sizesOf } from "./attention_spec.ts";

export function lowerForwardMaterialised(call: Call, lowering: Lowering): void {
  const { y, probabilities } = call.outputs;
  const { q, k, v } = operandsOf(call.inputs.qkv, call);
  const scores = scoresOperand(probabilities, call);
  product(lowering, call, { mode: "NT", a: q, b: k, c: scores, causality: "skip" });
  rowKernel(lowering, call, {
    kernel: "attention_softmax",
    code: attentionSoftmax,
    bindings: { probabilities },
    flopsPerElement: 9,
    reads: 1,
  });
  const dropped = scoresOperand(drop(lowering, call, probabilities), call);
  product(lowering, call, { mode: "NN", a: dropped, b: v, c: rowsOperand(y, 0, call), causality: "upto" });
}

export function lowerBackwardMaterialised(call: Call, lowering: Lowering): void {
  const { qkv, probabilities, d_y } = call.inputs;
  const accumulate = call.attributes.accumulate === true;
  const { q, k, v } = operandsOf(qkv, call);
  const gradients = operandsOf(call.outputs.d_qkv, call);
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
    flopsPerElement: 5,
    reads: 2,
  });
  const a = scoresOperand(dS, call);
  product(lowering, call, { mode: "NN", a, b: k, c: gradients.q, causality: "upto", accumulate });
  product(lowering, call, { mode: "TN", a, b: q, c: gradients.k, causality: "from", accumulate });
}

/** One product per head; M, N and K follow from the mode: scores are T x T, the rest T x D. */
function product(
  lowering: Lowering,
  call: Call,
  spec: Pick<MatmulSpec, "a" | "b" | "c" | "causality" | "accumulate"> & { mode: MatmulMode },
): void {
  const { B, T, H, D } = sizesOf(call);
  const isScores = spec.mode === "NT";
  lowerMatmul(lowering, { ...spec, M: T, N: isScores ? T : D, K: isScores ? D : T, batch: B * H, heads: H });
}

/** Queries, keys and values inside a tensor that packs them. */
function operandsOf(packed: Tensor, call: Call): { q: Operand; k: Operand; v: Operand } {
  const { H, D } = sizesOf(call);
  const [q, k, v] = [0, 1, 2].map((part) => rowsOperand(packed, part * H * D, call));
  return { q, k, v };
}

function rowsOperand(tensor: Tensor, column: number, call: Call): Operand {
  const { T, D } = sizesOf(call);
  return { tensor, rowsPerBatch: T, rowsPerHead: 0, column, columnsPerHead: D };
}

function scoresOperand(tensor: Tensor, call: Call): Operand {
  const { T, H } = sizesOf(call);
  return { tensor, rowsPerBatch: H * T, rowsPerHead: T, column: 0, columnsPerHead: 0 };
}

/** LANES invocations for each of the B H T rows of a score matrix. */
function rowKernel(
  lowering: Lowering,
  call: Call,
  options: {
    kernel: string;
    code: string;
    bindings: Record<string, Tensor>;
    flopsPerElement: number;
    /** Matrices read; one is written. */
    reads: number;
  },
): void {
  const { flopsPerElement, reads, ...kernel } = options;
  const { B, T, H, D } = sizesOf(call);
  const causal = T * (T + 1) / 2;
  const { lanes, rows } = lowering.rowShape;
  const vector = vectorOf(T);
  lowering.dispatch({
    ...kernel,
    code: lowering.lanesSnippet + vector.snippet + kernel.code,
    constants: { LANES: lanes, ROWS: rows, T, SCALE: 1 / Math.sqrt(D) },
    grid: [Math.ceil(T / rows), B * H],
    flops: flopsPerElement * B * H * causal,
    bytes: 4 * B * H * (reads * causal + causalWithZeros(T)),
  });
}

/** Elements up to the diagonal with the zeros behind it, up to the next multiple of 64 columns. */
function causalWithZeros(T: number): number {
  let count = 0;
  for (let n = 0; n < T; n++) count += Math.min(T, (Math.floor(n / 64) + 1) * 64);
  return count;
}

/** The scores with the drops of this attention applied; the same tensor without dropout. */
function drop(lowering: Lowering, call: Call, scores: Tensor): Tensor {
  if (!hasDropout(call)) return scores;
  const y = lowering.scratch("dropped", scores.shape);
  dropoutPass.lower(scoreDropout(call, scores, y), lowering);
  return y;
}

/** Dropout of stored probabilities, with the random numbers of this attention. */
export function scoreDropout(call: Call, x: Tensor, y: Tensor): Call {
  const { T, H } = sizesOf(call);
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
