// The cost model: floating-point operations and bytes of every operation of a training step and of a decoded token, as
// formulas. docs/performance.md prints these rows; growth_costs_test.ts compares them with what the dispatches of compiled
// programs say of themselves.

import { columnSumBlock } from "../../kernels/column_sum/column_sum.ts";
import type { ChosenFamily } from "../../kernels/program/lowering.ts";
import { gptParameters } from "../../lib/model/gpt_parameters.ts";
import { specShape, type SpecSize } from "../support/gpt_spec.ts";
import { evaluateFormula, type Sizes } from "./growth_formula.ts";

/** One operation: what it costs, and what stops it. */
export interface CostRow {
  readonly operation: string;
  /** What dispatches are added up under, see costKey(). */
  readonly key: string;
  readonly flops: string;
  /** Floats read and written, four bytes each, every operand once. */
  readonly floats: string;
  /** Made of products, which the multiply-adds stop; all others wait for memory. */
  readonly isProduct?: boolean;
  /** Kernels that pay it; all where left out. */
  readonly family?: "wave" | "others";
  /** Form of attention that pays it. */
  readonly attention?: AttentionForm;
}

/** Whether attention stores its scores. */
export type AttentionForm = "stored" | "flash";

/** What the kernels of a program were made for. */
export interface Variant {
  readonly family: ChosenFamily;
  readonly attention: AttentionForm;
}

/** What costs time: operations of products at the rate of products, bytes at that of copies. */
export interface Cost {
  readonly operation: string;
  readonly key: string;
  readonly flops: number;
  readonly bytes: number;
  readonly isProduct: boolean;
}

/** Forward, loss, backward and update. */
export const STEP_COSTS: readonly CostRow[] = [
  {
    operation: "embedding",
    key: "embedding_forward",
    flops: "N C",
    floats: "2 N + C (N + min(N, V) + T)",
  },
  {
    operation: "layer norm",
    key: "layer_norm_forward",
    flops: "8 (2 L + 1) N C",
    floats: "(2 L + 1) (2 N C + 2 C + 2 N)",
  },
  {
    operation: "linear layers, y = x W",
    key: "matmul NN",
    flops: "2 L N (4 C² + 2 C F)",
    floats: "L (N (10 C + 3 F) + 4 C² + 2 C F + 5 C + F)",
    isProduct: true,
  },
  {
    operation: "attention",
    key: "attention_forward",
    flops: "L B T (T + 1) (2 C + 4.5 H)",
    floats: "L B (4 T C + H (1.5 T (T + 1) + T (T + 64) / 2))",
    isProduct: true,
    attention: "stored",
  },
  {
    operation: "attention",
    key: "attention_forward",
    flops: "2 L B T (T + 1) C",
    floats: "L N (4 C + H)",
    isProduct: true,
    attention: "flash",
  },
  {
    operation: "head and loss, with gradients",
    key: "linear_cross_entropy_forward",
    flops: "6 N V C + 9 N V + N",
    floats: "N (5 V + 3 C + 3) + 4 V C chunks + 9",
    isProduct: true,
  },
  {
    operation: "layer norm, gradient of x",
    key: "layer_norm_backward",
    flops: "N C (26 L + 12)",
    floats: "2 L (4 N C + C + 2 N) + 3 N C + C + 2 N",
  },
  {
    operation: "layer norm, gradient of gain and offset",
    key: "layer_norm_backward_parameters",
    flops: "(2 L + 1) C (5 N + 2 blocks)",
    floats: "(2 L + 1) (2 N C + 2 N + 4 C blocks + 4 C)",
  },
  {
    operation: "linear layers, gradient of x",
    key: "matmul NT",
    flops: "2 L N (4 C² + 2 C F)",
    floats: "L (N (8 C + 3 F) + 4 C² + 2 C F)",
    isProduct: true,
  },
  {
    operation: "linear layers, gradient of W",
    key: "matmul TN",
    flops: "2 L N (4 C² + 2 C F)",
    floats: "L (N (8 C + 2 F) + 8 C² + 4 C F)",
    isProduct: true,
  },
  {
    operation: "gradient of biases, within that of W",
    key: "matmul TN",
    flops: "L N (5 C + F)",
    floats: "2 L (5 C + F)",
    family: "wave",
  },
  {
    operation: "gradient of biases, on its own",
    key: "matmul TN",
    flops: "L (5 C + F) (N + partials)",
    floats: "L (5 C + F) (N + 2 partials + 2)",
    family: "others",
  },
  {
    operation: "attention, gradient",
    key: "attention_backward",
    flops: "L B T (T + 1) (4 C + 2.5 H)",
    floats: "L B (8 T C + H (3 T (T + 1) + T (T + 64) / 2))",
    isProduct: true,
    attention: "stored",
  },
  {
    operation: "attention, gradient",
    key: "attention_backward",
    flops: "7 L B T (T + 1) C",
    floats: "L N (12 C + 5 H)",
    isProduct: true,
    family: "wave",
    attention: "flash",
  },
  {
    operation: "attention, gradient",
    key: "attention_backward",
    flops: "L B T C (7 (T + 1) + 2)",
    floats: "L N (13 C + 5 H)",
    isProduct: true,
    family: "others",
    attention: "flash",
  },
  {
    operation: "embedding, gradient of tokens",
    key: "embedding_backward",
    flops: "2 N C",
    floats: "2 (N + 2 min(N, V) + N C + 2 C min(N, V))",
  },
  {
    operation: "embedding, gradient of positions",
    key: "column_sum_forward",
    flops: "N C",
    floats: "N C + 2 T C",
  },
  {
    operation: "activations into textures",
    key: "textures",
    flops: "0",
    floats: "2 N (L (12 C + 2 F) + C + V)",
    family: "wave",
  },
  { operation: "norm of the gradient", key: "grad_norm", flops: "3 params", floats: "params" },
  {
    operation: "AdamW, all in one",
    key: "adamw_update",
    flops: "16 params",
    floats: "8 params + params / 64",
  },
  {
    operation: "weights into textures",
    key: "refresh_parameters",
    flops: "0",
    floats: "2 (L (4 C² + 2 C F) + V C)",
    family: "wave",
  },
];

/** One token after S - 1 others. */
export const TOKEN_COSTS: readonly CostRow[] = [
  { operation: "embedding", key: "embedding_forward", flops: "C", floats: "3 C + 2" },
  {
    operation: "linear layers",
    key: "matmul NN",
    flops: "2 L (4 C² + 2 C F)",
    floats: "L (4 C² + 2 C F + 15 C + 3 F)",
    isProduct: true,
  },
  {
    operation: "attention over the cache",
    key: "cached_attention_forward",
    flops: "4 L S C",
    floats: "L (2 S C + 2 C + 2)",
  },
  { operation: "head", key: "matmul NT", flops: "2 V C", floats: "V C + C + V", isProduct: true },
  { operation: "choice of the token", key: "sampling_draw", flops: "10 V", floats: "V + 14" },
];

/** Parameters, with biases, learned positions and tied weights. */
export const PARAMETERS = "L (4 C² + 2 C F + 9 C + F) + V C + T C + 2 C";

/** Floats kept from the forward to the backward pass. Textures have 64 more a row. */
export const KEPT_COSTS: readonly (Pick<CostRow, "family" | "attention"> & { readonly floats: string })[] = [
  { floats: "L (N (8 C + 2 F + 324) + B H T²) + N (C + 2)", family: "wave", attention: "stored" },
  { floats: "L (N (8 C + 2 F + 4) + B H T²) + N (C + 2)", family: "others", attention: "stored" },
  { floats: "L N (8 C + 2 F + H + 324) + N (C + 2)", family: "wave", attention: "flash" },
  { floats: "L N (8 C + 2 F + H + 4) + N (C + 2)", family: "others", attention: "flash" },
];

/** Bytes kept from the forward to the backward pass. */
export function keptBytes(sizes: Sizes, variant: Variant): number {
  return 4 * evaluateFormula(KEPT_COSTS.find((row) => isPaid(row, variant))!.floats, sizes);
}

/** What the letters stand for at a size, and the three words that depend on it. */
export function sizesOf(size: SpecSize, params = paramsOf(size)): Sizes {
  const { B, T, C, V } = size;
  const N = B * T;
  const blocks = Math.ceil(N / columnSumBlock(N));
  return {
    ...size,
    N,
    D: C / size.H,
    F: 4 * C,
    S: T,
    params,
    blocks,
    // A sum of few rows needs no second stage.
    partials: blocks > 1 ? blocks : 0,
    chunks: Math.ceil(N / Math.max(64, Math.floor(CHUNK_LOGITS / V / 64) * 64)),
  };
}

/** Logits of a chunk at most: 32 MiB. */
const CHUNK_LOGITS = 2 ** 23;

/** Parameters as they lie in memory: each starts at a multiple of 64. */
function paramsOf(size: SpecSize): number {
  return gptParameters(specShape(size)).reduce((sum, { shape }) => {
    return sum + Math.ceil(shape.reduce((a, b) => a * b) / 64) * 64;
  }, 0);
}

/** The rows at a size. */
export function costsOf(rows: readonly CostRow[], sizes: Sizes, variant: Variant): Cost[] {
  return rows.filter((row) => isPaid(row, variant)).map((row) => ({
    operation: row.operation,
    key: row.key,
    flops: evaluateFormula(row.flops, sizes),
    bytes: 4 * evaluateFormula(row.floats, sizes),
    isProduct: row.isProduct ?? false,
  }));
}

function isPaid({ family, attention }: Pick<CostRow, "family" | "attention">, variant: Variant): boolean {
  if (attention !== undefined && attention !== variant.attention) return false;
  return family === undefined || (family === "wave") === (variant.family === "wave");
}

/** The form of attention, by the kernels of a step. */
export function attentionFormOf(kernels: readonly { readonly kernel: string }[]): AttentionForm {
  return kernels.some(({ kernel }) => kernel === "attention_softmax") ? "stored" : "flash";
}

/** The row a dispatch belongs to: its pass, of products the mode with it. */
export function costKey({ kernel, pass, detail }: { kernel: string; pass: string; detail: string }): string {
  if (pass === "refresh_parameters") return pass;
  if (kernel === "pack_texture" || kernel === "copy_to_texture") return "textures";
  if (pass !== "matmul_forward") return pass;
  return kernel === "column_sum_forward" ? "matmul TN" : `matmul ${detail.slice(0, 2)}`;
}
