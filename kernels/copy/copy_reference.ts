// The specification of kernels/copy: y = x.

export function copyReference(tensors: { x: Float64Array; y: Float64Array }): void {
  for (let i = 0; i < tensors.x.length; i++) tensors.y[i] = tensors.x[i];
}
