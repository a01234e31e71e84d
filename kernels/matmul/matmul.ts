// Matrix product y = x W with bias and activation on the way to memory, and its gradients, which are products too:
// d_x = d_y Wt, d_W = xt d_y. Which kernel computes a product is decided here, by device and shape; callers never know.

import { activationBackwardPass } from "../activation/activation.ts";
import { columnSumPass, lowerColumnSum } from "../column_sum/column_sum.ts";
import { type Call, floats, type Pass, type Tensors } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { GradientTarget, Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, type Tensor } from "../program/tensor.ts";
import { lowerLayerNorm } from "../layer_norm/layer_norm.ts";
import { fitsFewRows, lowerFewRows } from "./_few_rows.ts";
import { fitsPanels, lowerPanels, panelsNormalise } from "./_panels.ts";
import { lowerTile } from "./_tile.ts";
import { fitsWave, lowerWave, sumsColumns } from "./_wave.ts";
import { matmulReference } from "./matmul_reference.ts";
import { type MatmulMode, type MatmulSpec, wholeOperand } from "./matmul_spec.ts";

export interface MatmulOptions {
  /** [N]. */
  readonly bias?: Tensor;
  readonly activation?: "none" | "gelu" | "relu";
  /** The weight is given as [N, K]: y = x Wt. */
  readonly transposed?: boolean;
  /** Name of the result, for labels. */
  readonly name?: string;
}

/**
 * y = activation(x W + bias).
 *
 * @param x [..., K]
 * @param weight [K, N], or [N, K] with `transposed`
 * @returns [..., N]
 * @throws {TypeError} when the inner dimensions differ
 */
export function matmul(tape: Tape, x: Tensor, weight: Tensor, options: MatmulOptions = {}): Tensor {
  const { bias, activation = "none", transposed = false, name = "product" } = options;
  const [N, K] = transposed ? weight.shape : weight.shape.slice().reverse();
  if (columnsOf(x) !== K || weight.shape.length !== 2) {
    const needed = transposed ? "[..., K] and [N, K]" : "[..., K] and [K, N]";
    throw new TypeError(
      `Cannot multiply ${x.name} [${x.shape}] by ${weight.name} [${weight.shape}]: need ${needed}`,
    );
  }
  const shape = [...x.shape.slice(0, -1), N];
  const y = tape.activation(name, shape, { from: bias ? [x, weight, bias] : [x, weight] });
  const outputs: Tensors = activation === "none" || tape.forwardOnly
    ? { c: y }
    : { c: y, preActivation: tape.activation(`${name}_pre_activation`, shape) };
  tape.record(matmulPass, {
    inputs: { a: x, b: weight, ...(bias ? { bias } : {}) },
    outputs,
    attributes: {
      mode: transposed ? "NT" : "NN",
      activation,
      accumulate: false,
      frozen: tape.forwardOnly,
    },
  });
  return y;
}

/**
 * C = A B (NN), A Bt (NT) or At B (TN), with epilogue. Beside what matmul() records, a fused call may normalise rows of A with
 * `gamma`, add a `residual`, multiply by an activation's derivative at `derivativeAt`, or give the `columnSum` of B.
 */
export const matmulPass: Pass = {
  name: "matmul_forward",
  reference: (call, values) => matmulReference(specOf(call), (tensor) => floats(values, tensor)),
  lower: (call, lowering) => lowerMatmul(lowering, specOf(call)),
  vjp: matmulVjp,
};

function matmulVjp(call: Call, tape: Tape): void {
  const dY = tape.gradientOf(call.outputs.c);
  if (!dY) return;
  const { a: x, b: weight, bias } = call.inputs;
  const isTransposed = call.attributes.mode === "NT";
  const dPre = beforeActivation(call, tape, dY);
  recordProduct(tape, {
    a: dPre,
    b: weight,
    mode: isTransposed ? "NN" : "NT",
    target: tape.gradientTarget(x),
  });
  const [a, b] = isTransposed ? [dPre, x] : [x, dPre];
  recordProduct(tape, { a, b, mode: "TN", target: tape.gradientTarget(weight) });
  const dBias = bias && tape.gradientTarget(bias);
  if (!dBias) return;
  tape.record(columnSumPass, {
    inputs: { x: dPre },
    outputs: { y: dBias.tensor },
    attributes: { accumulate: dBias.accumulate },
  });
}

function recordProduct(
  tape: Tape,
  product: { a: Tensor; b: Tensor; mode: MatmulMode; target: GradientTarget | undefined },
): void {
  const { a, b, mode, target } = product;
  if (!target) return;
  tape.record(matmulPass, {
    inputs: { a, b },
    outputs: { c: target.tensor },
    attributes: { mode, activation: "none", accumulate: target.accumulate },
  });
}

function beforeActivation(call: Call, tape: Tape, dY: Tensor): Tensor {
  const { preActivation } = call.outputs;
  if (!preActivation) return dY;
  const dPre = tape.activation(`d_${preActivation.name}`, dY.shape);
  tape.record(activationBackwardPass, {
    inputs: { x: preActivation, d_y: dY },
    outputs: { d_x: dPre },
    attributes: { kind: call.attributes.activation, accumulate: false },
  });
  return dPre;
}

function specOf(call: Call): MatmulSpec {
  const { a, b, bias, gamma, beta, residual, derivativeAt } = call.inputs;
  const { c, preActivation, columnSum } = call.outputs;
  const mode = call.attributes.mode as MatmulMode;
  const accumulateColumnSum = Boolean(call.attributes.accumulateColumnSum);
  return {
    mode,
    M: rowsOf(c),
    N: columnsOf(c),
    K: mode === "TN" ? rowsOf(a) : columnsOf(a),
    a: wholeOperand(a),
    b: wholeOperand(b),
    c: wholeOperand(c),
    accumulate: call.attributes.accumulate as boolean,
    bias,
    activation: call.attributes.activation as MatmulSpec["activation"],
    preActivation,
    residual,
    derivative: derivativeAt && { x: derivativeAt, kind: call.attributes.derivative as "gelu" | "relu" },
    columnSum: columnSum && { y: columnSum, accumulate: accumulateColumnSum },
    norm: gamma && { gamma, beta, epsilon: call.attributes.epsilon as number },
    frozen: Boolean(call.attributes.frozen),
  };
}

/** Emits the dispatches of one product. */
export function lowerMatmul(lowering: Lowering, spec: MatmulSpec): void {
  const isPanels = fitsPanels(lowering, spec);
  if (spec.norm && !(isPanels ? panelsNormalise(spec) : fitsFewRows(spec))) {
    return lowerMatmul(lowering, normalised(lowering, spec));
  }
  // From three rows on, reading B from a texture outweighs the rows of a wave that are not there.
  const isFew = fitsFewRows(spec) && (lowering.family !== "wave" || spec.norm !== undefined || spec.M <= 2);
  if (isPanels) lowerPanels(lowering, spec);
  else if (isFew) lowerFewRows(lowering, spec);
  else if (lowering.family === "wave" && fitsWave(lowering, spec)) lowerWave(lowering, spec);
  else lowerTile(lowering, spec);
  if (spec.columnSum && !sumsColumns(lowering, spec)) {
    lowerColumnSum(lowering, { x: spec.b.tensor, ...spec.columnSum });
  }
}

/** The product with its norm as a dispatch of its own. */
function normalised(lowering: Lowering, spec: MatmulSpec): MatmulSpec {
  const x = spec.a.tensor;
  const y = lowering.scratch("normalised", x.shape);
  lowerLayerNorm(lowering, { x, y, ...spec.norm! });
  return { ...spec, a: wholeOperand(y), norm: undefined };
}
