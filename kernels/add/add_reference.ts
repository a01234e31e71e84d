// The specification of kernels/add: y = x + z, or y += x when z is absent.

export function addReference(
  tensors: { x: Float64Array; z: Float64Array | undefined; y: Float64Array },
): void {
  const { x, z, y } = tensors;
  for (let i = 0; i < x.length; i++) y[i] = z ? x[i] + z[i] : y[i] + x[i];
}
