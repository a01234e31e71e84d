// The specification of kernels/activation: GELU in its tanh form and ReLU, with their derivatives.

export type ActivationKind = "gelu" | "relu";

/** f(x); `none` is the identity. */
export function activationValue(kind: ActivationKind | "none", x: number): number {
  if (kind === "none") return x;
  if (kind === "relu") return x <= 0 ? 0 : x;
  return 0.5 * x * (1 + Math.tanh(inner(x)));
}

/** f'(x); 0 for ReLU at 0. */
export function activationDerivative(kind: ActivationKind | "none", x: number): number {
  if (kind === "none") return 1;
  if (kind === "relu") return x <= 0 ? 0 : 1;
  const tanh = Math.tanh(inner(x));
  // Where tanh has become 1 to the last digit, its slope times x^3 would be 0 times infinity.
  if (tanh * tanh === 1) return x > 0 ? 1 : 0;
  const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
  return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * slope;
}

export function activationForwardReference(
  tensors: { x: Float64Array; y: Float64Array },
  kind: ActivationKind,
): void {
  const { x, y } = tensors;
  for (let i = 0; i < x.length; i++) y[i] = activationValue(kind, x[i]);
}

export function activationBackwardReference(
  tensors: { x: Float64Array; dY: Float64Array; dX: Float64Array },
  options: { kind: ActivationKind; accumulate: boolean },
): void {
  const { x, dY, dX } = tensors;
  for (let i = 0; i < x.length; i++) {
    const gradient = dY[i] * activationDerivative(options.kind, x[i]);
    dX[i] = options.accumulate ? dX[i] + gradient : gradient;
  }
}

function inner(x: number): number {
  return Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
}
