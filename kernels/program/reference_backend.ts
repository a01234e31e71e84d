// Runs programs on the CPU in f64: the specification the GPU is tested against, and what is left where no GPU answers.
// Parameters and moments are rounded to f32 after each program, because that is what a checkpoint holds of them.

import type { Backend, Program } from "./backend.ts";
import type { Call, Values } from "./call.ts";
import { rootOf, sizeOf, type Tensor } from "./tensor.ts";

/** Opens a backend that holds every tensor as f64 (u32 for integers) in main memory. */
export function openReferenceBackend(): Backend & { readonly values: Values } {
  const storage = new Map<Tensor, Float64Array | Uint32Array>();
  const values: Values = {
    get(tensor: Tensor): Float64Array | Uint32Array {
      const root = rootOf(tensor);
      let all = storage.get(root);
      if (!all) {
        all = root.dtype === "f32" ? new Float64Array(sizeOf(root)) : new Uint32Array(sizeOf(root));
        storage.set(root, all);
      }
      return all.subarray(tensor.offset, tensor.offset + sizeOf(tensor));
    },
  };
  return {
    description: "reference (CPU, f64)",
    maxArenaElements: 2 ** 28,
    maxTensorElements: 2 ** 30,
    values,
    submits: 0,
    variants: new Map(),
    compile(calls: readonly Call[]): Program {
      const learned = learnedBy(calls);
      return {
        replay(): void {
          for (const call of calls) call.pass.reference(call, values);
          for (const tensor of learned) roundToF32(values.get(tensor) as Float64Array);
        },
      };
    },
    write(tensor: Tensor, data: Float32Array | Uint32Array, offset = 0): void {
      values.get(tensor).set(data, offset);
    },
    read(tensor: Tensor): Promise<Float32Array | Uint32Array> {
      const data = values.get(tensor);
      return Promise.resolve(data instanceof Uint32Array ? data.slice() : Float32Array.from(data));
    },
    refreshParameters(): void {},
    flush(): void {},
    [Symbol.asyncDispose](): Promise<void> {
      storage.clear();
      return Promise.resolve();
    },
  };
}

/** Tensors that outlive the run and are written by the calls. */
function learnedBy(calls: readonly Call[]): Tensor[] {
  const written = calls.flatMap((call) => Object.values(call.outputs)).map(rootOf);
  return [...new Set(written)].filter(({ lifetime }) => lifetime === "parameter" || lifetime === "optimizer");
}

function roundToF32(values: Float64Array): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(values[i]);
}
