// Attention with heads that are not whole Vectors on kernels that need them: every head of queries, keys and values is
// widened by channels of zero, which change no score and no output, and the results are narrowed again. The scale and
// the random numbers of dropout stay those of the heads as they are.

import { elementwiseGrid } from "../add/add.ts";
import type { Call } from "../program/call.ts";
import { type Lowering, roundUp } from "../program/lowering.ts";
import { columnsOf, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import attentionPad from "./attention_pad.wgsl" with { type: "text" };
import { type AttentionSizes, sizesOf } from "./attention_spec.ts";
import attentionUnpad from "./attention_unpad.wgsl" with { type: "text" };

type Lower = (call: Call, lowering: Lowering) => void;

/** The sizes kernels of whole Vectors compute for these. */
export function paddedSizes(sizes: AttentionSizes): AttentionSizes {
  return { ...sizes, D: roundUp(sizes.D, 4) };
}

/** Whether the widened queries, keys and values fit a binding. */
export function fitsPadded({ B, T, H, D }: AttentionSizes, lowering: Lowering): boolean {
  return 4 * B * T * 3 * H * roundUp(D, 4) <= lowering.traits.maxBindingBytes;
}

/** `lower` of a forward pass, between widening and narrowing where its heads are not whole Vectors. */
export function lowerForwardPadded(call: Call, lowering: Lowering, lower: Lower): void {
  if (isWhole(call)) return lower(call, lowering);
  const y = wideOf(call.outputs.y, call, lowering);
  lower({ ...widened(call, ["qkv"], lowering), outputs: { ...call.outputs, y } }, lowering);
  narrow(lowering, call, { wide: y, narrow: call.outputs.y, accumulate: false });
}

/** The same of a backward pass. */
export function lowerBackwardPadded(call: Call, lowering: Lowering, lower: Lower): void {
  if (isWhole(call)) return lower(call, lowering);
  const dQkv = wideOf(call.outputs.d_qkv, call, lowering);
  const wide = widened(call, ["qkv", "y", "d_y"], lowering);
  const attributes = { ...wide.attributes, accumulate: false };
  lower({ ...wide, attributes, outputs: { d_qkv: dQkv } }, lowering);
  const accumulate = call.attributes.accumulate === true;
  narrow(lowering, call, { wide: dQkv, narrow: call.outputs.d_qkv, accumulate });
}

function isWhole(call: Call): boolean {
  return sizesOf(call).D % 4 === 0;
}

/** The call with these inputs widened; `channels` says how many channels of a head are not padding. */
function widened(call: Call, names: readonly string[], lowering: Lowering): Call {
  const { D } = sizesOf(call);
  const inputs = { ...call.inputs };
  for (const name of names) {
    inputs[name] = wideOf(call.inputs[name], call, lowering);
    const narrow = call.inputs[name];
    const vectors = sizeOf(inputs[name]) / 4;
    lowering.dispatch({
      kernel: "attention_pad",
      code: attentionPad,
      shape: padShape(narrow, D),
      bindings: { narrow, wide: inputs[name] },
      ...elementwiseGrid(vectors),
    });
  }
  return { ...call, inputs, attributes: { ...call.attributes, channels: D } };
}

function wideOf(narrow: Tensor, call: Call, lowering: Lowering): Tensor {
  const { D } = sizesOf(call);
  return lowering.scratch(`wide_${narrow.name}`, [rowsOf(narrow), columnsOf(narrow) / D * roundUp(D, 4)]);
}

function narrow(
  lowering: Lowering,
  call: Call,
  options: { wide: Tensor; narrow: Tensor; accumulate: boolean },
): void {
  const { wide, narrow, accumulate } = options;
  lowering.dispatch({
    kernel: "attention_unpad",
    code: attentionUnpad,
    constants: { ACCUMULATE: Number(accumulate) },
    shape: padShape(narrow, sizesOf(call).D),
    bindings: { wide, narrow },
    ...elementwiseGrid(sizeOf(narrow)),
  });
}

function padShape(narrow: Tensor, D: number): Record<string, number> {
  return { rows: sizeOf(narrow) / D, D, vectors: roundUp(D, 4) / 4 };
}
