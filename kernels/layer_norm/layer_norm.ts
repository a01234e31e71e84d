// Layer normalisation over the last dimension, with gain and optional offset, and its gradients.
// The forward pass keeps mean and reciprocal deviation of every row for the backward pass.

import { columnSumBlock, lowerColumnSum } from "../column_sum/column_sum.ts";
import { type Call, floats, type Pass, type Values } from "../program/call.ts";
import type { Lowering, RowShape } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { vectorOf } from "../program/vector.ts";
import layerNormBackward from "./layer_norm_backward.wgsl" with { type: "text" };
import layerNormBackwardParameters from "./layer_norm_backward_parameters.wgsl" with { type: "text" };
import layerNormForward from "./layer_norm_forward.wgsl" with { type: "text" };
import {
  layerNormBackwardReference,
  layerNormForwardReference,
  layerNormParametersReference,
} from "./layer_norm_reference.ts";

/**
 * y = (x - mean) / sqrt(variance + epsilon) gamma + beta, row by row.
 *
 * @param x [..., C]
 * @param gamma [C]
 * @param beta [C], undefined in a model without biases
 * @returns [..., C]
 * @throws {TypeError} when gamma or beta does not have one element per column
 * @see https://arxiv.org/abs/1607.06450
 */
export function layerNorm(
  tape: Tape,
  x: Tensor,
  gamma: Tensor,
  beta: Tensor | undefined,
  options: { epsilon: number },
): Tensor {
  const C = columnsOf(x);
  for (const parameter of beta ? [gamma, beta] : [gamma]) {
    if (sizeOf(parameter) !== C) {
      throw new TypeError(
        `Cannot normalise rows of ${x.name} [${x.shape}] with ${parameter.name} [${parameter.shape}]: ` +
          `it must have ${C} elements`,
      );
    }
  }
  const y = tape.activation("normalised", x.shape, { from: beta ? [x, gamma, beta] : [x, gamma] });
  const statistics = tape.activation("statistics", [rowsOf(x), 2]);
  tape.record(layerNormPass, {
    inputs: { x, gamma, ...(beta && { beta }) },
    outputs: { y, statistics },
    attributes: { epsilon: options.epsilon },
  });
  return y;
}

/** y and statistics from x, gamma and, if there is one, beta. */
export const layerNormPass: Pass = {
  name: "layer_norm_forward",
  reference(call, values): void {
    const { x, gamma, beta } = call.inputs;
    layerNormForwardReference({
      x: floats(values, x),
      gamma: floats(values, gamma),
      beta: beta && floats(values, beta),
      y: floats(values, call.outputs.y),
      statistics: floats(values, call.outputs.statistics),
    }, Number(call.attributes.epsilon));
  },
  lower: lowerForward,
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    if (!dY) return;
    const { x, gamma, beta } = call.inputs;
    const { statistics } = call.outputs;
    const dGamma = tape.gradientTarget(gamma);
    const dBeta = beta && tape.gradientTarget(beta);
    if (dGamma || dBeta) {
      tape.record(layerNormParametersPass, {
        inputs: { x, statistics, d_y: dY },
        outputs: { ...(dGamma && { d_gamma: dGamma.tensor }), ...(dBeta && { d_beta: dBeta.tensor }) },
        attributes: {
          accumulateGamma: dGamma?.accumulate ?? false,
          accumulateBeta: dBeta?.accumulate ?? false,
        },
      });
    }
    const dX = tape.gradientTarget(x);
    if (!dX) return;
    tape.record(layerNormBackwardPass, {
      inputs: { x, gamma, statistics, d_y: dY },
      outputs: { d_x: dX.tensor },
      attributes: { accumulate: dX.accumulate },
    });
  },
};

const layerNormBackwardPass: Pass = {
  name: "layer_norm_backward",
  reference(call, values): void {
    const { x, gamma, statistics, d_y } = call.inputs;
    layerNormBackwardReference({
      x: floats(values, x),
      gamma: floats(values, gamma),
      statistics: floats(values, statistics),
      dY: floats(values, d_y),
      dX: floats(values, call.outputs.d_x),
    }, Boolean(call.attributes.accumulate));
  },
  lower: lowerBackward,
};

const layerNormParametersPass: Pass = {
  name: "layer_norm_backward_parameters",
  reference: referenceParameters,
  lower: lowerParameters,
};

/** Workgroups for row kernels of `rows` rows, in two dimensions because one may have at most 65,535. */
export function rowGrid(rows: number, shape: RowShape): readonly [number, number] {
  const groups = Math.ceil(rows / shape.rows);
  const columns = Math.min(groups, 32768);
  return [columns, Math.ceil(groups / columns)];
}

function lowerForward(call: Call, lowering: Lowering): void {
  const { x, gamma, beta } = call.inputs;
  const { y, statistics } = call.outputs;
  lowerLayerNorm(lowering, { x, gamma, beta, y, statistics, epsilon: Number(call.attributes.epsilon) });
}

/** Emits the dispatch of one norm; statistics are thrown away where nobody wants them. */
export function lowerLayerNorm(
  lowering: Lowering,
  norm: {
    x: Tensor;
    gamma: Tensor;
    beta: Tensor | undefined;
    y: Tensor;
    statistics?: Tensor;
    epsilon: number;
  },
): void {
  const { x, gamma, beta, y, epsilon } = norm;
  const vector = vectorOf(columnsOf(x));
  const statistics = norm.statistics ?? lowering.scratch("statistics", [rowsOf(x), 2]);
  lowering.dispatch({
    kernel: "layer_norm_forward",
    code: vector.snippet + lowering.lanesSnippet + layerNormForward,
    constants: {
      N: rowsOf(x),
      C: columnsOf(x) / vector.width,
      EPSILON: epsilon,
      HAS_BETA: beta ? 1 : 0,
      LANES: lowering.rowShape.lanes,
      ROWS: lowering.rowShape.rows,
    },
    bindings: { x, gamma, beta, y, statistics },
    grid: rowGrid(rowsOf(x), lowering.rowShape),
    flops: (beta ? 8 : 7) * sizeOf(x),
  });
}

function lowerBackward(call: Call, lowering: Lowering): void {
  const { x, gamma, statistics, d_y } = call.inputs;
  const { d_x } = call.outputs;
  const vector = vectorOf(columnsOf(x));
  lowering.dispatch({
    kernel: "layer_norm_backward",
    code: vector.snippet + lowering.lanesSnippet + layerNormBackward,
    constants: {
      N: rowsOf(x),
      C: columnsOf(x) / vector.width,
      ACCUMULATE: Number(call.attributes.accumulate),
      LANES: lowering.rowShape.lanes,
      ROWS: lowering.rowShape.rows,
    },
    bindings: { x, gamma, statistics, d_y, d_x },
    grid: rowGrid(rowsOf(x), lowering.rowShape),
    flops: (call.attributes.accumulate ? 13 : 12) * sizeOf(x),
  });
}

function referenceParameters(call: Call, values: Values): void {
  const { x, statistics, d_y } = call.inputs;
  const { d_gamma, d_beta } = call.outputs;
  const { accumulateGamma, accumulateBeta } = call.attributes;
  layerNormParametersReference({
    x: floats(values, x),
    statistics: floats(values, statistics),
    dY: floats(values, d_y),
    dGamma: d_gamma && floats(values, d_gamma),
    dBeta: d_beta && floats(values, d_beta),
  }, { gamma: Boolean(accumulateGamma), beta: Boolean(accumulateBeta) });
}

function lowerParameters(call: Call, lowering: Lowering): void {
  const { x, statistics, d_y } = call.inputs;
  const { d_gamma, d_beta } = call.outputs;
  const { lanes, rows } = lowering.rowShape;
  const vector = vectorOf(columnsOf(x));
  const columns = columnsOf(x) / vector.width;
  const blockRows = columnSumBlock(rowsOf(x));
  const blocks = Math.ceil(rowsOf(x) / blockRows);
  const dGammaPartial = lowering.scratch("d_gamma_partial", [blocks, columnsOf(x)]);
  const dBetaPartial = lowering.scratch("d_beta_partial", [blocks, columnsOf(x)]);
  lowering.dispatch({
    kernel: "layer_norm_backward_parameters",
    code: vector.snippet + layerNormBackwardParameters,
    constants: { LANES: lanes, ROWS: rows },
    shape: { N: rowsOf(x), C: columns, BLOCK: blockRows, BLOCKS: blocks },
    bindings: { x, statistics, d_y, d_gamma_partial: dGammaPartial, d_beta_partial: dBetaPartial },
    grid: [Math.ceil(columns / (4 * lanes)), Math.ceil(blocks / rows)],
    flops: 5 * sizeOf(x),
  });
  if (d_gamma) {
    const accumulate = Boolean(call.attributes.accumulateGamma);
    lowerColumnSum(lowering, { x: dGammaPartial, y: d_gamma, accumulate });
  }
  if (d_beta) {
    const accumulate = Boolean(call.attributes.accumulateBeta);
    lowerColumnSum(lowering, { x: dBetaPartial, y: d_beta, accumulate });
  }
}
