// Norm of the whole gradient and the count of its elements that are not finite, over every window of the flat
// gradient. Two stages of fixed trees, so that the same gradient gives the same bits.

import { type Call, floats, type Pass } from "../program/call.ts";
import { type Lowering, roundUp } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { createTensor, sizeOf, type Tensor, viewOf } from "../program/tensor.ts";
import gradNormPartial from "./grad_norm_partial.wgsl" with { type: "text" };
import { gradNormReference } from "./grad_norm_reference.ts";
import gradNormTotal from "./grad_norm_total.wgsl" with { type: "text" };

/** Elements of the result: norm, count of non-finite elements, and two zeros. */
export const GRAD_NORM_SIZE = 4;

/** Most chunks a window is cut into, and vec4s an invocation sums before there are that many. */
const MOST_CHUNKS = 4096;
const QUADS_PER_LANE = 8;
/** The same on a CPU, where a chunk costs as much as 50 vec4s. */
const QUADS_PER_CPU_LANE = 128;

/** Makes the tensor gradNorm() writes to. */
export function createGradNorm(): Tensor {
  return createTensor("grad_norm", [GRAD_NORM_SIZE], { lifetime: "persistent" });
}

/**
 * Records norm = { sqrt(sum of squares of the finite elements), count of the others, 0, 0 }. A sum of squares beyond
 * the range of f32 counts as one non-finite element, so that the update is skipped.
 *
 * @param gradients flat windows, each [n] with n a multiple of 4
 * @param norm [4]
 * @throws {TypeError} when a shape is another
 */
export function gradNorm(tape: Tape, gradients: readonly Tensor[], norm: Tensor): void {
  if (gradients.length === 0 || sizeOf(norm) !== GRAD_NORM_SIZE) {
    throw new TypeError(
      `Cannot take the norm of ${gradients.length} gradient windows into ${norm.name} [${norm.shape}]: ` +
        `at least one window and a result of [${GRAD_NORM_SIZE}] are needed`,
    );
  }
  for (const gradient of gradients) {
    if (sizeOf(gradient) % 4 !== 0) {
      throw new TypeError(
        `Cannot take the norm of ${gradient.name} [${gradient.shape}]: its size must be a multiple of 4`,
      );
    }
  }
  const inputs = Object.fromEntries(gradients.map((gradient, i) => [`gradient${i}`, gradient]));
  tape.record(gradNormPass, { inputs, outputs: { norm } });
}

export const gradNormPass: Pass = {
  name: "grad_norm",
  reference: (call, values) =>
    gradNormReference({
      gradients: Object.values(call.inputs).map((gradient) => floats(values, gradient)),
      norm: floats(values, call.outputs.norm),
    }),
  lower: lowerGradNorm,
};

function lowerGradNorm(call: Call, lowering: Lowering): void {
  const { lanes, rows } = lowering.rowShape;
  const gradients = Object.values(call.inputs);
  const quadsPerLane = lowering.traits.isSoftware ? QUADS_PER_CPU_LANE : QUADS_PER_LANE;
  const chunks = gradients.map((gradient) => {
    const wanted = Math.ceil(sizeOf(gradient) / 4 / lanes / quadsPerLane);
    return roundUp(Math.min(wanted, MOST_CHUNKS), 64);
  });
  const count = chunks.reduce((a, b) => a + b);
  const partials = lowering.scratch("grad_norm_partials", [count, 2]);
  let first = 0;
  gradients.forEach((gradient, i) => {
    const quads = sizeOf(gradient) / 4;
    lowering.dispatch({
      kernel: "grad_norm_partial",
      code: lowering.lanesSnippet + gradNormPartial,
      constants: { LANES: lanes, ROWS: rows, SIZE: quads, CHUNK: Math.ceil(quads / chunks[i]) },
      bindings: { gradient, partial: viewOf(partials, { offset: first * 2, shape: [chunks[i], 2] }) },
      grid: [chunks[i] / rows],
      flops: 3 * sizeOf(gradient),
    });
    first += chunks[i];
  });
  lowering.dispatch({
    kernel: "grad_norm_total",
    code: gradNormTotal,
    constants: { COUNT: count },
    bindings: { partials, norm: call.outputs.norm },
    grid: [1],
    flops: 2 * count,
  });
}
