// A backend that computes nothing: it lowers programs as a device would and remembers every choice between variants
// that they ask for. So whoever measures variants learns which products a model makes, without a list of them.

import type { DeviceTraits } from "../device/device.ts";
import { fuseEpilogues } from "../matmul/fuse_epilogues.ts";
import type { Backend, Program } from "./backend.ts";
import type { Call } from "./call.ts";
import { type KernelFamily, type Operands, packedHalf, Recorder, type VariantChoice } from "./lowering.ts";
import type { Tensor } from "./tensor.ts";

export interface SurveyBackend extends Backend {
  /** What was asked for so far, by subject, in order. */
  readonly choices: ReadonlyMap<string, VariantChoice>;
}

/** @param options those of the device that programs are lowered for */
export function openSurveyBackend(options: {
  traits: DeviceTraits;
  kernels: KernelFamily;
  operands: Operands;
}): SurveyBackend {
  const { traits, kernels, operands } = options;
  const choices = new Map<string, VariantChoice>();
  const recorder = () =>
    new Recorder({
      traits,
      family: kernels,
      parameterTexture: (_, make) => make().texture,
      parameterHalf: operands === "f16" ? (root) => packedHalf(root).half : undefined,
      chooseVariant(choice): undefined {
        if (!choices.has(choice.subject)) choices.set(choice.subject, choice);
      },
    });
  return {
    description: `survey of ${traits.adapter}`,
    maxArenaElements: Math.floor(Math.min(traits.maxBindingBytes, traits.maxBufferBytes) / 4),
    maxTensorElements: 2 ** 30,
    submits: 0,
    variants: new Map(),
    choices,
    compile(calls: readonly Call[]): Program {
      const lowering = recorder();
      for (const call of fuseEpilogues(calls)) call.pass.lower(call, lowering);
      return { replay: () => {} };
    },
    write: () => {},
    read: (tensor: Tensor) => Promise.reject(new Error(`Internal: a survey holds no ${tensor.name}`)),
    refreshParameters: () => {},
    flush: () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
