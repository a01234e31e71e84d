// The specification of kernels/grad_norm: the norm of the finite elements and the count of the others; a sum
// of squares beyond f32 counts as one of them.

const HIGHEST_F32 = 3.4028234663852886e38;

export function gradNormReference(
  tensors: { gradients: readonly Float64Array[]; norm: Float64Array },
): void {
  const { gradients, norm } = tensors;
  let squares = 0;
  let nonFinite = 0;
  for (const gradient of gradients) {
    for (const value of gradient) {
      if (Number.isFinite(value)) squares += value * value;
      else nonFinite++;
    }
  }
  if (squares > HIGHEST_F32) nonFinite++;
  norm.set([Math.sqrt(squares), nonFinite, 0, 0]);
}
