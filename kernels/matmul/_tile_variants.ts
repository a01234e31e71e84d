// The ways to compute a product by tiles in workgroup memory, and which of them is taken where nobody measured: the
// largest tile that still gives a GPU enough to do. Figures are reasoned from the H100 (132 multiprocessors); WebGPU does
// not tell how many compute units an adapter has. `sheepop tune` measures instead.

import type { Lowering } from "../program/lowering.ts";
import { type MatmulSpec, type Operand, pitchOf } from "./matmul_spec.ts";
import { storesVectors } from "./_wave.ts";

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
/** From the one that loads least for each product to the one with the most workgroups. */
const TILES: readonly Tile[] = [
  { block: 8, side: 128 },
  { block: 8, side: 64 },
  { block: 4, side: 64 },
  { block: 4, side: 32 },
];
const SPLITS = [1, 2, 4, 8, 16];

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
      ...tile,
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
  return isVectors(spec.a) && isVectors(spec.b) && storesVectors(spec);
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

/** The first that fills a GPU; where none does, the one that comes nearest. */
function usualVariant(variants: readonly TileVariant[], spec: MatmulSpec): TileVariant {
  const share = (variant: TileVariant) => {
    const groups = tilesOf(spec, variant) * variant.splits;
    const invocations = groups * (variant.side / variant.block) ** 2;
    return Math.min(1, groups / WANTED_GROUPS, invocations / WANTED_INVOCATIONS);
  };
  return variants.reduce((best, variant) => share(variant) > share(best) ? variant : best);
}
