// A dispatch made ready: what a replay encodes, without allocating anything.

export interface Command {
  /** File name of the kernel. */
  readonly kernel: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number?, number?];
  /** Floating-point operations. */
  readonly flops: number;
}

export function encodeCommand(pass: GPUComputePassEncoder, { pipeline, group, grid }: Command): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(grid[0], grid[1] ?? 1, grid[2] ?? 1);
}
