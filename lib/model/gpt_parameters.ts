// The parameters of a GPT, as data: names, shapes, first values, weight decay. Names and orientation are those of GPT-2's
// published weights ([in, out] matrices), so that other tools recognise a checkpoint.
// Initialisation: N(0, 0.02), projections into the residual stream scaled by 1/sqrt(2 L) (GPT-2, section 2.3).

import type { Config } from "../config/config.ts";
import type { ParameterSpec } from "../../kernels/program/parameter_table.ts";

/** The model's dimensions, every default resolved. */
export interface ModelShape {
  readonly vocabSize: number;
  readonly dModel: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly dFf: number;
  readonly maxSeqLen: number;
  readonly activation: "gelu" | "relu";
  readonly layerNormEps: number;
  readonly bias: boolean;
  readonly tieWeights: boolean;
  readonly position: "learned" | "sinusoidal";
}

const INIT_STD = 0.02;

/** Resolves the zeros of a configuration that mean "as usual". */
export function modelShape(model: Config["model"], vocabSize: number): ModelShape {
  return {
    vocabSize,
    dModel: model.dModel,
    numLayers: model.numLayers,
    numHeads: model.numHeads,
    dFf: model.dFf || 4 * model.dModel,
    maxSeqLen: model.maxSeqLen,
    activation: model.activation,
    layerNormEps: model.layerNormEps,
    bias: model.bias,
    tieWeights: model.tieWeights,
    position: model.position,
  };
}

/** Parameters in order of use. */
export function gptParameters(shape: ModelShape): ParameterSpec[] {
  const { vocabSize: V, dModel: C, numLayers: L, maxSeqLen: T } = shape;
  const specs: ParameterSpec[] = [matrix("wte.weight", [V, C])];
  if (shape.position === "learned") specs.push(matrix("wpe.weight", [T, C]));
  for (let layer = 0; layer < L; layer++) specs.push(...blockParameters(shape, `h.${layer}`));
  specs.push(...normParameters("ln_f", shape));
  if (!shape.tieWeights) specs.push(matrix("lm_head.weight", [V, C]));
  return specs;
}

function blockParameters(shape: ModelShape, block: string): ParameterSpec[] {
  const { dModel: C, dFf: F, numLayers: L } = shape;
  const residualStd = INIT_STD / Math.sqrt(2 * L);
  return [
    ...normParameters(`${block}.ln_1`, shape),
    ...linearParameters(`${block}.attn.c_attn`, shape, { from: C, to: 3 * C }),
    ...linearParameters(`${block}.attn.c_proj`, shape, { from: C, to: C, std: residualStd }),
    ...normParameters(`${block}.ln_2`, shape),
    ...linearParameters(`${block}.mlp.c_fc`, shape, { from: C, to: F }),
    ...linearParameters(`${block}.mlp.c_proj`, shape, { from: F, to: C, std: residualStd }),
  ];
}

function normParameters(name: string, { dModel, bias }: ModelShape): ParameterSpec[] {
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [dModel],
    init: { kind: "ones" },
    decay: false,
  };
  return bias ? [weight, zeros(`${name}.bias`, dModel)] : [weight];
}

function linearParameters(
  name: string,
  { bias }: ModelShape,
  size: { from: number; to: number; std?: number },
): ParameterSpec[] {
  const weight = matrix(`${name}.weight`, [size.from, size.to], size.std);
  return bias ? [weight, zeros(`${name}.bias`, size.to)] : [weight];
}

function matrix(name: string, shape: readonly number[], std = INIT_STD): ParameterSpec {
  return { name, shape, init: { kind: "normal", std }, decay: true };
}

function zeros(name: string, size: number): ParameterSpec {
  return { name, shape: [size], init: { kind: "zeros" }, decay: false };
}

/** Floating-point operations of forward and backward pass per token: 6 per weight and 12 L C T for attention. */
export function flopsPerToken(shape: ModelShape): number {
  const { dModel: C, numLayers: L, maxSeqLen: T } = shape;
  const weights = gptParameters(shape).reduce((sum, spec) => {
    return spec.name === "wpe.weight" ? sum : sum + spec.shape.reduce((a, b) => a * b, 1);
  }, 0);
  return 6 * weights + 12 * L * C * T;
}
