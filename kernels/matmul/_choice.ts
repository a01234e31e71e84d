// How a product asks which of its variants to use: the subject it is measured under, and the same product over tensors
// of its own, which the tuner times.

import type { Lowering } from "../program/lowering.ts";
import { createTensor, type Tensor } from "../program/tensor.ts";
import { type MatmulSpec, matmulWork } from "./matmul_spec.ts";

/**
 * The variant to compute a product with: what was measured to be the fastest, else the first.
 *
 * @param options.variants names, the usual one first
 * @param options.lower what was asked to lower `spec`
 * @param options.note tells subjects apart that the shape does not
 */
export function chooseVariant(
  lowering: Lowering,
  spec: MatmulSpec,
  options: {
    variants: readonly string[];
    lower: (lowering: Lowering, spec: MatmulSpec) => void;
    note?: string;
  },
): string {
  const { variants, lower, note } = options;
  if (variants.length === 1) return variants[0];
  let copy: MatmulSpec | undefined;
  return lowering.choose({
    subject: [lowering.family, subjectOf(spec), note].filter(Boolean).join(" "),
    variants,
    flops: matmulWork(spec).flops,
    trial: (other) => lower(other, copy ??= overOwnTensors(spec)),
  });
}

/** `NN 2048x768x256`: mode, M, N and K, then batch and causality where there are such. */
function subjectOf({ mode, M, N, K, batch = 1, causality = "none" }: MatmulSpec): string {
  const size = `${mode} ${M}x${N}x${K}`;
  return size + (batch > 1 ? ` times ${batch}` : "") + (causality === "none" ? "" : ` ${causality}`);
}

/** The same product over activations of its own; parameters stay parameters, since their copies are part of the cost. */
function overOwnTensors(spec: MatmulSpec): MatmulSpec {
  const copies = new Map<Tensor, Tensor>();
  const copyOf = (tensor: Tensor): Tensor => {
    const { name, shape, dtype, lifetime } = tensor;
    const copy = copies.get(tensor) ??
      createTensor(name, shape, { dtype, lifetime: lifetime === "parameter" ? lifetime : "activation" });
    copies.set(tensor, copy);
    return copy;
  };
  return {
    ...spec,
    a: { ...spec.a, tensor: copyOf(spec.a.tensor) },
    b: { ...spec.b, tensor: copyOf(spec.b.tensor) },
    c: { ...spec.c, tensor: copyOf(spec.c.tensor) },
    bias: spec.bias && copyOf(spec.bias),
    preActivation: spec.preActivation && copyOf(spec.preActivation),
    residual: spec.residual && copyOf(spec.residual),
    derivative: spec.derivative && { ...spec.derivative, x: copyOf(spec.derivative.x) },
    columnSum: spec.columnSum && { ...spec.columnSum, y: copyOf(spec.columnSum.y) },
  };
}
