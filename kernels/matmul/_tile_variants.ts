// The ways to compute a product by tiles in workgroup memory, and which of them is taken where nobody measured: the
// one that an estimate says to be the fastest. Figures are reasoned from the H100 (132 multiprocessors); WebGPU does
// not tell how many compute units an adapter has. `sheepop tune` measures instead.

import type { Lowering } from "../program/lowering.ts";
import { type MatmulSpec, type Operand, pitchOf } from "./matmul_spec.ts";
import { storeWidth } from "./matmul_epilogue.ts";

/** One way to compute a product. */
export interface TileVariant {
  /** As it is remembered and shown: `8x8/128`, `4x4/64 split 4`. */
  readonly name: string;
  /** Results of an invocation are a block of so many rows and columns; 1 is the kernel that reads float by float. */
  readonly block: 1 | 4 | 8;
  /** Rows and columns of the tile a workgroup computes. */
  readonly side: number;
  /** Parts the sum is cut into, each by workgroups of its own. */
  readonly splits: number;
}

type Tile = Pick<TileVariant, "block" | "side">;

const SCALAR: TileVariant = { name: "scalar", block: 1, side: 64, splits: 1 };
/**
 * From the one that loads least for each product to the one with the most workgroups. `rate`: expected share of the best
 * kernel's speed where there is enough to do. A block of 8 reads 16 floats of workgroup memory for 64 products, one of 4
 * reads 8 for 16, which that memory just keeps up with; small tiles read the operands more often.
 */
const TILES: readonly (Tile & { readonly rate: number })[] = [
  { block: 8, side: 128, rate: 1 },
  { block: 8, side: 64, rate: 0.9 },
  { block: 4, side: 64, rate: 0.6 },
  { block: 4, side: 32, rate: 0.45 },
];
const SPLITS = [1, 2, 4, 8, 16];
/** What is left of the speed each time the parts of a sum are doubled: they are written and read again. */
const SPLIT_RATE = 0.97;

/** Workgroups that keep a GPU busy: one for every compute unit of a large one. */
const WANTED_GROUPS = 128;
/** Invocations that do: four subgroups of 32 for every compute unit. */
const WANTED_INVOCATIONS = 128 * 128;
/** Terms a part of a sum has at least: fewer do not pay for the second pass. */
const LEAST_PART = 256;
/** Bytes the parts of a sum may take. */
const MAX_PARTS_BYTES = 1 << 26;
/** A part starts at a multiple of the depth of a slice. */
const PART_MULTIPLE = 16;
/** Longest sum of one dispatch: far from the 65,535 loop iterations an invocation may have on a software adapter. */
export const MAX_DEPTH = 32768;

/** Every variant that computes the product, the one to take without measurements first. */
export function tileVariants(lowering: Lowering, spec: MatmulSpec): readonly TileVariant[] {
  if (!readsVectors(spec)) return [SCALAR];
  const variants = TILES.filter((tile) => fitsCausality(tile, spec)).flatMap((tile) =>
    SPLITS.filter((splits) => fitsSplit(lowering, spec, { ...tile, splits })).map((splits) => ({
      block: tile.block,
      side: tile.side,
      splits,
      name: `${tile.block}x${tile.block}/${tile.side}${splits > 1 ? ` split ${splits}` : ""}`,
    }))
  );
  const usual = usualVariant(variants, spec);
  return [usual, ...variants.filter((variant) => variant !== usual)];
}

/** Whether pitches and columns are whole vectors of four. */
function readsVectors(spec: MatmulSpec): boolean {
  const isVectors = (operand: Operand) =>
    pitchOf(operand) % 4 === 0 && operand.column % 4 === 0 && operand.columnsPerHead % 4 === 0;
  return isVectors(spec.a) && isVectors(spec.b) && storeWidth(spec) === 4;
}

/** What causality leaves out is zero only up to the next multiple of 64: larger tiles would read beyond. */
function fitsCausality({ side }: Tile, { causality = "none" }: MatmulSpec): boolean {
  return side <= 64 || causality === "none" || causality === "skip";
}

function fitsSplit(lowering: Lowering, spec: MatmulSpec, variant: Tile & { splits: number }): boolean {
  const { splits } = variant;
  if (splits === 1) return true;
  if ((spec.batch ?? 1) > 1 || (spec.causality ?? "none") !== "none") return false;
  if (spec.K < splits * LEAST_PART || partTerms(spec, splits) > MAX_DEPTH) return false;
  const bytes = splits * spec.M * Math.ceil(spec.N / 4) * 16;
  if (bytes > Math.min(MAX_PARTS_BYTES, lowering.traits.maxBindingBytes)) return false;
  return tilesOf(spec, variant) * splits <= 8 * WANTED_GROUPS;
}

/** Terms of each part but the last. */
export function partTerms({ K }: MatmulSpec, splits: number): number {
  return Math.ceil(K / splits / PART_MULTIPLE) * PART_MULTIPLE;
}

function tilesOf({ M, N, batch = 1 }: MatmulSpec, { side }: Tile): number {
  return Math.ceil(M / side) * Math.ceil(N / side) * batch;
}

/**
 * The one with the highest expected rate: that of its kernel on a GPU that is full, times how full the product makes it,
 * times the share of its tiles that lies within C.
 */
function usualVariant(variants: readonly TileVariant[], spec: MatmulSpec): TileVariant {
  const score = (variant: TileVariant) => {
    const { block, side, splits } = variant;
    const tiles = tilesOf(spec, variant);
    const groups = tiles * splits;
    const full = Math.min(1, groups / WANTED_GROUPS, groups * (side / block) ** 2 / WANTED_INVOCATIONS);
    const used = spec.M * spec.N * (spec.batch ?? 1) / (tiles * side ** 2);
    const rate = TILES.find((tile) => tile.block === block && tile.side === side)!.rate;
    return rate * full * used * SPLIT_RATE ** Math.log2(splits);
  };
  return variants.reduce((best, variant) => score(variant) > score(best) ? variant : best);
}
