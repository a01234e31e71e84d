// Joins products with what is done to their result next, so that it is written once and never read back: a residual added,
// the derivative of an activation multiplied in, the column sums of an operand taken on the way; and with the norm of their
// left operand where rows are few, as in decoding, and a dispatch costs as much as its work. The tape stays free of
// this: it records one operation after the other, and only a GPU's program is rewritten, before it is lowered.

import { activationBackwardPass } from "../activation/activation.ts";
import { addPass } from "../add/add.ts";
import { columnSumPass } from "../column_sum/column_sum.ts";
import { layerNormPass } from "../layer_norm/layer_norm.ts";
import type { Call } from "../program/call.ts";
import { rootOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { quantizedMatmulPass } from "../quantized_matmul/quantized_matmul.ts";
import { matmulPass } from "./matmul.ts";

/** A rule's find: the call that is to disappear into the product, and the product with it in. */
interface Fusion {
  readonly absorbed: number;
  readonly fused: Call;
}

/** @returns the calls with every product fused that can be; the same numbers but for rounding */
export function fuseEpilogues(calls: readonly Call[]): Call[] {
  const program: (Call | undefined)[] = [...calls];
  const uses = usesOf(calls);
  for (let i = 0; i < program.length; i++) {
    const call = program[i];
    if (call?.pass !== matmulPass && call?.pass !== quantizedMatmulPass) continue;
    for (const rule of [fuseNorm, fuseResult, fuseColumnSum]) {
      const fusion = rule(program, i, uses);
      if (!fusion) continue;
      program[i] = fusion.fused;
      program[fusion.absorbed] = undefined;
    }
  }
  return program.filter((call) => call !== undefined);
}

/** Indices of the calls that read or write each tensor, by the tensor that owns the storage. */
type Uses = ReadonlyMap<Tensor, readonly number[]>;

function usesOf(calls: readonly Call[]): Uses {
  const uses = new Map<Tensor, number[]>();
  calls.forEach(({ inputs, outputs }, index) => {
    for (const tensor of new Set([...Object.values(inputs), ...Object.values(outputs)].map(rootOf))) {
      const indices = uses.get(tensor) ?? [];
      indices.push(index);
      uses.set(tensor, indices);
    }
  });
  return uses;
}

/** The left operand of a product with a frozen weight is a norm that nothing else reads. */
function fuseNorm(program: readonly (Call | undefined)[], i: number, uses: Uses): Fusion | undefined {
  const { inputs, attributes, ...call } = program[i]!;
  const [absorbed, ...others] = uses.get(rootOf(inputs.a))!;
  const norm = program[absorbed];
  if (!attributes.frozen || norm?.pass !== layerNormPass || norm.outputs.y !== inputs.a) return undefined;
  if (others.join() !== String(i) || uses.get(norm.outputs.statistics)!.length > 1) return undefined;
  const { x: a, gamma, beta } = norm.inputs;
  if (isWritten(a, program.slice(absorbed, i))) return undefined;
  const fused = {
    ...call,
    inputs: { ...inputs, a, gamma, ...(beta && { beta }) },
    attributes: { ...attributes, epsilon: norm.attributes.epsilon },
  };
  return { absorbed, fused };
}

/** The product's result is read by one other call, and that call can be part of the epilogue. */
function fuseResult(program: readonly (Call | undefined)[], i: number, uses: Uses): Fusion | undefined {
  const { inputs, outputs, attributes, ...call } = program[i]!;
  const { c } = outputs;
  if (attributes.accumulate || c.lifetime !== "activation") return undefined;
  const [, absorbed, ...others] = uses.get(c)!;
  const next = absorbed === undefined || others.length > 0 ? undefined : program[absorbed];
  if (!next || next.attributes.accumulate) return undefined;
  const isIdle = (tensor: Tensor) => !uses.get(rootOf(tensor))!.some((use) => use > i && use < absorbed);
  const isKept = (tensor: Tensor) => !isWritten(tensor, program.slice(i, absorbed));
  if (next.pass === addPass) {
    const residual = next.inputs.x === c ? next.inputs.z : next.inputs.x;
    if (!isKept(residual) || !isIdle(next.outputs.y)) return undefined;
    const fused = {
      ...call,
      inputs: { ...inputs, residual },
      outputs: { ...outputs, c: next.outputs.y },
      attributes,
    };
    return { absorbed, fused };
  }
  const isPlain = attributes.activation === "none" && next.inputs.d_y === c;
  if (next.pass !== activationBackwardPass || !isPlain) return undefined;
  if (!isKept(next.inputs.x) || !isIdle(next.outputs.d_x)) return undefined;
  const fused = {
    ...call,
    inputs: { ...inputs, derivativeAt: next.inputs.x },
    outputs: { ...outputs, c: next.outputs.d_x },
    attributes: { ...attributes, derivative: next.attributes.kind },
  };
  return { absorbed, fused };
}

/** The gradient of a weight, At B, is followed by the column sums of the same B for the gradient of the bias. */
function fuseColumnSum(program: readonly (Call | undefined)[], i: number, uses: Uses): Fusion | undefined {
  const { inputs, outputs, attributes, ...call } = program[i]!;
  if (attributes.mode !== "TN") return undefined;
  const absorbed = uses.get(rootOf(inputs.b))!.find((use) => use > i);
  const next = absorbed === undefined ? undefined : program[absorbed];
  if (next?.pass !== columnSumPass || next.inputs.x !== inputs.b) return undefined;
  const { y } = next.outputs;
  if (uses.get(rootOf(y))!.some((use) => use > i && use < absorbed! && touches(program[use], y))) {
    return undefined;
  }
  const fused = {
    ...call,
    inputs,
    outputs: { ...outputs, columnSum: y },
    attributes: { ...attributes, accumulateColumnSum: next.attributes.accumulate },
  };
  return { absorbed: absorbed!, fused };
}

function isWritten(tensor: Tensor, calls: readonly (Call | undefined)[]): boolean {
  return calls.some((call) => call && Object.values(call.outputs).some((output) => overlaps(output, tensor)));
}

function touches(call: Call | undefined, tensor: Tensor): boolean {
  if (!call) return false;
  return [...Object.values(call.inputs), ...Object.values(call.outputs)].some((other) =>
    overlaps(other, tensor)
  );
}

/** Whether two tensors share elements: windows of one arena that meet, or one tensor twice. */
function overlaps(a: Tensor, b: Tensor): boolean {
  return rootOf(a) === rootOf(b) && a.offset < b.offset + sizeOf(b) && b.offset < a.offset + sizeOf(a);
}
