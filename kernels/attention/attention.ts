// Causal self-attention of every head over packed queries, keys and values. For the backward pass the forward pass keeps
// either the probabilities or, in kernels that never store them, the log-sum-exp of each row. Calls name both; which one
// it is, is decided here by device and shape, and a tensor that no dispatch touches gets no storage.
// Papers: Vaswani et al., "Attention is all you need", https://arxiv.org/abs/1706.03762
//         Dao et al., "FlashAttention", https://arxiv.org/abs/2205.14135

import { dropoutPass } from "../dropout/dropout.ts";
import { type Call, floats, type Pass, type Values } from "../program/call.ts";
import type { Lowering } from "../program/lowering.ts";
import type { Tape } from "../program/tape.ts";
import { columnsOf, createTensor, rowsOf, sizeOf, type Tensor } from "../program/tensor.ts";
import { lowerBackwardMaterialised, lowerForwardMaterialised, scoreDropout } from "./_materialised.ts";
import { fitsPadded, lowerBackwardPadded, lowerForwardPadded, paddedSizes } from "./_padded.ts";
import { fitsTile, lowerBackwardTile, lowerForwardTile } from "./_tile.ts";
import { fitsWave, lowerBackwardWave, lowerForwardWave } from "./_wave.ts";
import { attentionBackwardReference, attentionForwardReference } from "./attention_reference.ts";
import { type AttentionSizes, hasDropout, sizesOf } from "./attention_spec.ts";

/** `flash` never stores the scores, `materialised` does; `auto` decides by device and shape. */
export type AttentionForm = "auto" | "flash" | "materialised";

export interface AttentionOptions {
  /** Sequences in `qkv`. */
  readonly batch: number;
  readonly heads: number;
  /** Drops probabilities with the random numbers of the step; `control` is a StepControl. */
  readonly dropout?: { readonly probability: number; readonly control: Tensor };
  /** A form that cannot compute the shape gives way to the other. */
  readonly form?: AttentionForm;
}

/**
 * y = softmax(Q Kt / sqrt(D)) V for every head, each position attending to itself and what is before it.
 *
 * @param qkv [B T, 3 C]: queries, keys and values of all heads side by side, C = H D
 * @returns [B T, C]
 * @throws {TypeError} when the sizes do not divide, RangeError when the dropout probability is not in [0, 1)
 */
export function attention(tape: Tape, qkv: Tensor, options: AttentionOptions): Tensor {
  const { batch, heads, dropout, form = "auto" } = options;
  const rows = rowsOf(qkv);
  if (columnsOf(qkv) % (3 * heads) !== 0 || rows % batch !== 0) {
    throw new TypeError(
      `Cannot attend over ${qkv.name} [${qkv.shape}] with ${heads} heads in ${batch} sequences: ` +
        `columns must be a multiple of ${3 * heads} and rows of ${batch}`,
    );
  }
  const probability = dropout?.probability ?? 0;
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(
      `Cannot drop probabilities of ${qkv.name}: the probability is ${probability}, need 0 up to below 1`,
    );
  }
  const T = rows / batch;
  const y = tape.activation("attended", [...qkv.shape.slice(0, -1), columnsOf(qkv) / 3], { from: [qkv] });
  const lse = tape.activation("lse", [batch, heads, T]);
  const probabilities = tape.activation("probabilities", [batch, heads, T, T]);
  tape.record(attentionForwardPass, {
    inputs: { qkv, ...(probability > 0 ? { control: dropout!.control } : {}) },
    outputs: { y, lse, probabilities },
    attributes: { dropout: probability, form },
  });
  return y;
}

export const attentionForwardPass: Pass = {
  name: "attention_forward",
  reference: (call, values) =>
    attentionForwardReference({
      qkv: floats(values, call.inputs.qkv),
      factors: dropoutFactors(call, values),
      probabilities: floats(values, call.outputs.probabilities),
      lse: floats(values, call.outputs.lse),
      y: floats(values, call.outputs.y),
    }, sizesOf(call)),
  lower: (call, lowering) => LOWERINGS[chooseLowering(call, lowering)].forward(call, lowering),
  vjp(call, tape): void {
    const dY = tape.gradientOf(call.outputs.y);
    const dQkv = dY && tape.gradientTarget(call.inputs.qkv);
    if (!dQkv) return;
    const { y, lse, probabilities } = call.outputs;
    tape.record(attentionBackwardPass, {
      inputs: { ...call.inputs, y, lse, probabilities, d_y: dY },
      outputs: { d_qkv: dQkv.tensor },
      attributes: { ...call.attributes, accumulate: dQkv.accumulate },
      site: call.site,
    });
  },
};

export const attentionBackwardPass: Pass = {
  name: "attention_backward",
  reference: (call, values) =>
    attentionBackwardReference({
      qkv: floats(values, call.inputs.qkv),
      factors: dropoutFactors(call, values),
      probabilities: floats(values, call.inputs.probabilities),
      dY: floats(values, call.inputs.d_y),
      dQkv: floats(values, call.outputs.d_qkv),
    }, { ...sizesOf(call), accumulate: call.attributes.accumulate === true }),
  lower: (call, lowering) => LOWERINGS[chooseLowering(call, lowering)].backward(call, lowering),
};

const LOWERINGS = {
  wave: flash(lowerForwardWave, lowerBackwardWave),
  tile: flash(lowerForwardTile, lowerBackwardTile),
  materialised: { forward: lowerForwardMaterialised, backward: lowerBackwardMaterialised },
};

/**
 * The kernels of a call, the same for its forward and its backward pass. On GPUs flash, because scores would go through
 * memory six times. On a CPU arithmetic counts: flash computes 9 products of queries with keys where stored scores take
 * 6, and saves a pass of softmax over them forward and backward. Processor ms of both passes, stored / flash:
 *   D = 16   T = 64: 6.1 / 4.6
 *   D = 32   T = 64: 8.2 / 7.3   T = 256: 94 / 70   T = 512: 159 / 124   T = 1024: 291 / 229
 *   D = 48   T = 256: 60 / 55    T = 1024: 175 / 187
 *   D = 64   T = 64: 5.2 / 5.5   T = 256: 61 / 59   T = 512: 48 / 56     T = 1024: 166 / 199
 *   D = 128  T = 256: 24 / 29
 */
function chooseLowering(call: Call, lowering: Lowering): keyof typeof LOWERINGS {
  const sizes = sizesOf(call);
  const { B, T, H } = sizes;
  const { form } = call.attributes;
  const canStore = B * H * T * T * 4 <= lowering.traits.maxBindingBytes;
  const stores = form === "materialised" || (form === "auto" && canStore && storesScores(lowering, sizes));
  if (stores || !fitsPadded(sizes, lowering)) return "materialised";
  const padded = paddedSizes(sizes);
  if (lowering.family === "wave" && fitsWave(padded, lowering)) return "wave";
  return fitsTile(padded, lowering) ? "tile" : "materialised";
}

/**
 * Stored scores with rows or heads that are not whole Vectors fall back to the tile product, on a CPU 10 to 150 times
 * slower than flash. Sequences that fit no texture are for the tile kernels of flash, 5 times slower than stored scores.
 */
function storesScores({ family, traits }: Lowering, { B, T, D }: AttentionSizes): boolean {
  if (family !== "wave") return family === "plain";
  return D % 4 === 0 && T % 4 === 0 && (D >= 64 || B * T > traits.maxTextureRows);
}

interface Passes {
  readonly forward: (call: Call, lowering: Lowering) => void;
  readonly backward: (call: Call, lowering: Lowering) => void;
}

/** Kernels that need heads of whole Vectors. */
function flash(forward: Passes["forward"], backward: Passes["backward"]): Passes {
  return {
    forward: (call, lowering) => lowerForwardPadded(call, lowering, forward),
    backward: (call, lowering) => lowerBackwardPadded(call, lowering, backward),
  };
}

/** What dropout multiplies each probability with, for the reference; undefined without dropout. */
function dropoutFactors(call: Call, values: Values): Float64Array | undefined {
  if (!hasDropout(call)) return undefined;
  const { B, T, H } = sizesOf(call);
  const x = createTensor("ones", [B, H, T, T]);
  const y = createTensor("factors", [B, H, T, T]);
  const ones = new Float64Array(sizeOf(x)).fill(1);
  const factors = new Float64Array(sizeOf(y));
  const local = new Map<Tensor, Float64Array>([[x, ones], [y, factors]]);
  dropoutPass.reference(scoreDropout(call, x, y), {
    get: (tensor) => local.get(tensor) ?? values.get(tensor),
  });
  return factors;
}
