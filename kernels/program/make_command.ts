// Makes a dispatch ready to be encoded: its pipeline, and a bind group over the buffers and textures that the plan gives
// its operands. What a kernel binds is read from its WGSL, so a dispatch names operands as the kernel does.

import type { Command, CopyCommand } from "./command.ts";
import type { GpuStorage, Plan } from "./gpu_storage.ts";
import type { Dispatch, RecordedDispatch, Texture } from "./lowering.ts";
import type { CompiledKernel, Pipelines } from "./pipelines.ts";
import { rootOf, type Tensor } from "./tensor.ts";
import { bytesOf, detailOf } from "./work.ts";

/** Where the parts of a command come from. */
export interface CommandParts {
  readonly gpu: GPUDevice;
  readonly pipelines: Pipelines;
  readonly storage: GpuStorage;
}

/** @param plan which slot of the pool holds an activation; empty for tensors that outlive programs */
export function makeCommand(parts: CommandParts, dispatch: RecordedDispatch, plan: Plan): Command {
  const { kernel, grid, flops = 0, origin } = dispatch;
  const work = { flops, bytes: bytesOf(dispatch), detail: detailOf(dispatch), origin };
  if (dispatch.copy) return { ...work, ...copyCommand(parts.storage, dispatch.copy, plan) };
  const compiled = parts.pipelines.get(dispatch);
  assertNamesMatch(dispatch, compiled);
  const entries = compiled.bindings.map(({ name, index, kind }) => {
    const resource = kind === "uniform"
      ? { buffer: parts.storage.uniform(packShape(dispatch, compiled)) }
      : parts.storage.bindingOf(dispatch.bindings[name], { plan, access: kind });
    return { binding: index, resource };
  });
  const group = parts.gpu.createBindGroup({ label: kernel, layout: compiled.layout, entries });
  return { ...work, kernel, pipeline: compiled.pipeline, group, grid };
}

function copyCommand(
  storage: GpuStorage,
  { from, to }: { from: Tensor; to: Texture },
  plan: Plan,
): Pick<CopyCommand, "kernel" | "source" | "destination" | "size"> {
  return {
    kernel: "copy_to_texture",
    source: {
      buffer: storage.bufferOf(rootOf(from), plan),
      offset: from.offset * 4,
      bytesPerRow: to.columns * 4,
    },
    destination: { texture: storage.textureOf(to, plan) },
    size: [to.columns / 4, to.rows],
  };
}

/** The words of `var<uniform> shape`, padded to whole vectors. */
function packShape({ shape = {} }: Dispatch, { shapeFields }: CompiledKernel): Uint32Array {
  const words = new Uint32Array(Math.ceil(shapeFields.length / 4) * 4);
  shapeFields.forEach((name, i) => words[i] = shape[name]);
  return words;
}

/** A misspelt operand or field would otherwise be taken for an absent one. */
function assertNamesMatch(dispatch: Dispatch, { bindings, shapeFields }: CompiledKernel): void {
  const unknown = Object.keys(dispatch.bindings).find((name) =>
    !bindings.some((binding) => binding.name === name)
  );
  if (unknown) throw new Error(`Internal: ${dispatch.kernel} has no binding ${unknown}`);
  const missing = shapeFields.find((name) => dispatch.shape?.[name] === undefined);
  if (missing) throw new Error(`Internal: ${dispatch.kernel} needs ${missing} in its shape`);
}
