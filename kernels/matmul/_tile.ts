// Lowers a product to the kernels for GPUs: tiles in workgroup memory, of vectors where the operands allow, and to plain
// loops. A sum may be split into parts that are added by a second pass in a fixed order.

import { type Dispatch, ENABLE_F16, type Lowering, roundUp } from "../program/lowering.ts";
import type { Tensor } from "../program/tensor.ts";
import { chooseVariant } from "./_choice.ts";
import { epilogueBindings, epilogueConstants, epilogueSnippet, matmulShape } from "./matmul_epilogue.ts";
import { MAX_DEPTH, partTerms, type TileVariant, tileVariants } from "./_tile_variants.ts";
import { type MatmulSpec, matmulWork, type Operand, wholeOperand } from "./matmul_spec.ts";
import operands from "./matmul_operands.wgsl" with { type: "text" };
import matmulPlain from "./matmul_plain.wgsl" with { type: "text" };
import matmulSplitSum from "./matmul_split_sum.wgsl" with { type: "text" };
import matmulTile from "./matmul_tile.wgsl" with { type: "text" };
import matmulTile4x4 from "./matmul_tile_4x4.wgsl" with { type: "text" };
import matmulTile8x8 from "./matmul_tile_8x8.wgsl" with { type: "text" };
import slices from "./matmul_tile_slices.wgsl" with { type: "text" };

const CAUSALITIES = { none: 0, skip: 1, upto: 2, from: 3 };

/** Text of every kernel a choice can be between: what was measured holds as long as it stays the same. */
export const TILE_SOURCES: readonly string[] = [slices, matmulTile4x4, matmulTile8x8, matmulSplitSum];

/** A kernel, and the columns and rows of C one workgroup computes. */
interface Kernel {
  readonly kernel: string;
  readonly code: string;
  readonly columns: number;
  readonly rows: number;
  /** Floats in an element of a, b and c. */
  readonly width: 1 | 4;
}

/** An operand that may be read from an f16 copy. */
type TileOperand = Operand & { readonly half?: Tensor };
type TileSpec = MatmulSpec & { readonly b: TileOperand };

const PLAIN: Kernel = {
  kernel: "matmul_plain",
  code: epilogueSnippet(1) + operands + matmulPlain,
  columns: 8,
  rows: 32,
  width: 1,
};
const SCALAR: Kernel = {
  kernel: "matmul_tile",
  code: epilogueSnippet(1) + operands + matmulTile,
  columns: 64,
  rows: 64,
  width: 1,
};

export function lowerTile(lowering: Lowering, spec: MatmulSpec): void {
  if (lowering.family === "plain") return lowerPieces(lowering, spec, PLAIN);
  const variants = tileVariants(lowering, spec);
  const half = variants[0].block > 1 ? lowering.half(spec.b.tensor) : undefined;
  const name = chooseVariant(lowering, spec, {
    variants: variants.map(({ name }) => name),
    lower: lowerTile,
    note: half ? "f16 weights" : undefined,
  });
  const variant = variants.find((variant) => variant.name === name)!;
  if (variant.block === 1) return lowerPieces(lowering, spec, SCALAR);
  const kernel = kernelOf(variant, half !== undefined);
  const chosen = half ? { ...spec, b: withinCopy(spec.b, half) } : spec;
  if (variant.splits > 1) lowerSplit(lowering, chosen, { kernel, splits: variant.splits });
  else lowerPieces(lowering, chosen, kernel);
}

/** The same numbers in the f16 copy of all parameters, which is bound whole: its windows may start between alignments. */
function withinCopy(b: Operand, half: Tensor): TileOperand {
  return { ...b, half, column: b.tensor.offset + b.column };
}

function kernelOf({ block, side }: TileVariant, readsHalf: boolean): Kernel {
  const lines = `const SIDE = ${side}u;\nconst THREADS = ${(side / block) ** 2}u;\n` +
    `alias Weight = ${readsHalf ? "vec4h" : "vec4f"};\n`;
  return {
    kernel: block === 8 ? "matmul_tile_8x8" : "matmul_tile_4x4",
    code: (readsHalf ? ENABLE_F16 : "") + lines + epilogueSnippet(4) + slices +
      (block === 8 ? matmulTile8x8 : matmulTile4x4),
    columns: side,
    rows: side,
    width: 4,
  };
}

/** One dispatch, or several that add up where the sum is longer than an invocation may loop. */
function lowerPieces(lowering: Lowering, spec: TileSpec, kernel: Kernel): void {
  for (let start = 0; start < spec.K; start += MAX_DEPTH) {
    const stop = Math.min(spec.K, start + MAX_DEPTH);
    const piece = stop < spec.K ? withoutEpilogue(spec) : spec;
    const accumulate = spec.accumulate || start > 0;
    lowering.dispatch({
      ...dispatchOf({ ...piece, accumulate }, kernel, { k_start: start, k_stop: stop }),
      ...workOf({ ...piece, accumulate, K: stop - start }),
    });
  }
}

function withoutEpilogue(spec: TileSpec): TileSpec {
  const nothing = { bias: undefined, preActivation: undefined, residual: undefined, derivative: undefined };
  return { ...spec, ...nothing, activation: "none" };
}

/** Every part of the sum is an entry of a batch; the second pass adds them and does what the epilogue does. */
function lowerSplit(
  lowering: Lowering,
  spec: TileSpec,
  { kernel, splits }: { kernel: Kernel; splits: number },
): void {
  const { M, N } = spec;
  const kPart = partTerms(spec, splits);
  const count = Math.ceil(spec.K / kPart);
  const parts = lowering.scratch("matmul_parts", [count * M, roundUp(N, 4)]);
  // Batch entries differ in their terms, not in where the operands lie.
  const a = { ...spec.a, rowsPerBatch: 0, rowsPerHead: 0 };
  const b = { ...spec.b, rowsPerBatch: 0, rowsPerHead: 0 };
  const c = { ...wholeOperand(parts), rowsPerBatch: M };
  const split = { ...withoutEpilogue(spec), a, b, c, accumulate: false, batch: count, heads: 1 };
  lowering.dispatch({
    ...dispatchOf(split, kernel, { k_part: kPart }),
    ...workOf({ ...split, K: kPart }),
    flops: matmulWork(spec).flops,
  });
  lowering.dispatch({
    kernel: "matmul_split_sum",
    code: epilogueSnippet(4) + matmulSplitSum,
    constants: epilogueConstants(spec),
    shape: { ...matmulShape(spec, { operands: 4, c: 4 }), k_part: kPart },
    bindings: { parts, ...epilogueBindings(spec) },
    grid: [Math.ceil(N / 4 / 64), M],
    flops: count * M * N,
    bytes: 4 * (count + 1 + Number(spec.accumulate ?? false)) * M * N,
    detail: `sum of ${count} parts of ${M}x${N}`,
  });
}

/** A copy in f16 has half the bytes. */
function workOf(spec: TileSpec): ReturnType<typeof matmulWork> {
  const work = matmulWork(spec);
  if (!spec.b.half) return work;
  const bytes = work.bytes - 2 * spec.K * spec.N * (spec.batch ?? 1);
  return { ...work, bytes, detail: `${work.detail} f16 weights` };
}

function dispatchOf(spec: TileSpec, kernel: Kernel, sums: Record<string, number>): Dispatch {
  const { columns, rows, width } = kernel;
  return {
    kernel: kernel.kernel,
    code: kernel.code,
    constants: {
      ...epilogueConstants(spec),
      A_TRANSPOSED: Number(spec.mode === "TN"),
      B_TRANSPOSED: Number(spec.mode === "NT"),
      CAUSALITY: CAUSALITIES[spec.causality ?? "none"],
    },
    shape: { ...matmulShape(spec, { operands: width, c: width }), ...sums },
    bindings: { a: spec.a.tensor, b: spec.b.half ?? spec.b.tensor, ...epilogueBindings(spec) },
    grid: [Math.ceil(spec.N / columns), Math.ceil(spec.M / rows), spec.batch ?? 1],
  };
}
