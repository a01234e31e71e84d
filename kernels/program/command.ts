// A dispatch or a copy made ready: what a replay encodes, without allocating anything.

import type { Origin } from "./lowering.ts";

interface NamedCommand {
  /** File name of the kernel, or `copy_to_texture`. */
  readonly kernel: string;
  /** What tells it from other commands of its kernel, such as a shape. */
  readonly detail: string;
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes that have to be read and written. */
  readonly bytes: number;
  /** Call it belongs to. */
  readonly origin: Origin;
}

export interface DispatchCommand extends NamedCommand {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number?, number?];
}

/** A buffer's rows into a texture, by the device itself. */
export interface CopyCommand extends NamedCommand {
  readonly source: GPUTexelCopyBufferInfo;
  readonly destination: GPUTexelCopyTextureInfo;
  /** Texels. */
  readonly size: readonly [number, number];
}

export type Command = DispatchCommand | CopyCommand;

export function isCopy(command: Command): command is CopyCommand {
  return "source" in command;
}

export function encodeDispatch(
  pass: GPUComputePassEncoder,
  { pipeline, group, grid }: DispatchCommand,
): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(grid[0], grid[1] ?? 1, grid[2] ?? 1);
}

export function encodeCopy(encoder: GPUCommandEncoder, { source, destination, size }: CopyCommand): void {
  encoder.copyBufferToTexture(source, destination, size as [number, number]);
}

/** Encodes one command in a compute pass of its own, if it needs one. */
export function encodeAlone(
  encoder: GPUCommandEncoder,
  command: Command,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  if (isCopy(command)) encodeCopy(encoder, command);
  if (isCopy(command) && !timestampWrites) return;
  const pass = encoder.beginComputePass({ timestampWrites });
  if (!isCopy(command)) encodeDispatch(pass, command);
  pass.end();
}
