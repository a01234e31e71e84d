// Lowers a product to the wave kernel of matmul_wave.ts: chooses the register tile and where the operands are read from.

import type { Lowering, Resource } from "../program/lowering.ts";
import { chooseVariant } from "./_choice.ts";
import {
  epilogueBindings,
  epilogueConstants,
  epilogueSnippet,
  matmulShape,
  storeWidth,
} from "./matmul_epilogue.ts";
import { fitsTexture, type MatmulSpec, matmulWork, type Operand, pitchOf } from "./matmul_spec.ts";
import { matmulWave, WAVE_LANES, WAVE_UNROLL } from "./matmul_wave.ts";

/** Longest sum: a software adapter stops an invocation after 65,535 loop iterations. */
const MAX_DEPTH = 60000 * WAVE_UNROLL;

/** Whether the wave kernel computes this product: operands in whole Vectors, nothing read beyond an operand's edge. */
export function fitsWave(lowering: Lowering, spec: MatmulSpec): boolean {
  const exactSum = spec.K % WAVE_UNROLL === 0;
  if (spec.K > MAX_DEPTH) return false;
  const fits = [spec.a, spec.b].every((operand) => {
    const sliced = operand.column !== 0 || (spec.batch ?? 1) > 1;
    return operand.column % 4 === 0 && operand.columnsPerHead % 4 === 0 && (exactSum || !sliced);
  });
  if (!fits) return false;
  const aFits = fitsTexture(lowering, spec.a) || (exactSum && fitsBuffer(spec.a));
  // Zeros of A's texture beyond K cancel what is read of B there, if B's rows are the terms.
  const isCancelled = spec.mode !== "NT" && fitsTexture(lowering, spec.a);
  return aFits && (fitsTexture(lowering, spec.b) || (fitsBuffer(spec.b) && (exactSum || isCancelled)));
}

/** Whether lowerWave() also sums the columns of B. */
export function sumsColumns(lowering: Lowering, spec: MatmulSpec): boolean {
  return lowering.family === "wave" && spec.mode === "TN" && spec.N % 4 === 0 && fitsWave(lowering, spec);
}

function fitsBuffer(operand: Operand): boolean {
  return pitchOf(operand) % 4 === 0;
}

export function lowerWave(lowering: Lowering, spec: MatmulSpec): void {
  const tile = chooseTile(lowering, spec);
  const width = storeWidth(spec);
  const aInTexture = wantsTexture(lowering, spec);
  const bInTexture = fitsTexture(lowering, spec.b);
  const columnSums = spec.columnSum !== undefined && sumsColumns(lowering, spec);
  const code = matmulWave({
    mode: spec.mode,
    ...tile,
    aInTexture,
    bInTexture,
    causality: spec.causality ?? "none",
    columnSums,
  });
  const sumConstants: Record<string, number> = columnSums
    ? { ACCUMULATE_COLUMN_SUM: Number(spec.columnSum!.accumulate) }
    : {};
  lowering.dispatch({
    kernel: "matmul_wave",
    code: epilogueSnippet(width) + code,
    constants: {
      ...epilogueConstants(spec),
      HAS_BIAS: spec.bias ? 2 : 0,
      WAVES: tile.waves,
      ...sumConstants,
    },
    shape: matmulShape(spec, { operands: 4, c: width }),
    bindings: {
      a: resourceOf(lowering, spec.a, aInTexture),
      b: resourceOf(lowering, spec.b, bInTexture),
      ...epilogueBindings(spec),
      ...(columnSums && { column_sum: spec.columnSum!.y }),
    },
    grid: gridOf(spec, tile),
    ...matmulWork(spec, { columnSums }),
  });
}

interface Tile {
  readonly rows: number;
  readonly vectors: number;
  readonly waves: number;
}

/** Rows and vectors of a wave's tile. */
const TILES = [[16, 2], [16, 1], [8, 2], [8, 1]] as const;

/** The largest tile the product fills, unless another was measured to be faster. */
function chooseTile(lowering: Lowering, spec: MatmulSpec): Tile {
  const usual = `${spec.M <= 8 ? 8 : 16}x${spec.N <= 32 ? 1 : 2}`;
  const names = TILES.map((tile) => tile.join("x"));
  const variants = [usual, ...names.filter((name) => name !== usual)];
  const [rows, vectors] = TILES[names.indexOf(chooseVariant(lowering, spec, { variants, lower: lowerWave }))];
  return { rows, vectors, waves: wavesOf(spec, { rows, vectors }) };
}

/** Waves of a workgroup: fewer where there would be too few workgroups to share. */
function wavesOf(spec: MatmulSpec, { rows, vectors }: Omit<Tile, "waves">): number {
  let waves = Math.min(8, Math.ceil(spec.M / rows));
  while (waves > 1 && gridOf(spec, { rows, vectors, waves }).reduce((a, b) => a * b) < 8) {
    waves = Math.ceil(waves / 2);
  }
  return waves;
}

function gridOf(spec: MatmulSpec, { rows, vectors, waves }: Tile): readonly [number, number, number] {
  return [
    Math.ceil(spec.N / (WAVE_LANES * vectors * 4)),
    Math.ceil(spec.M / (rows * waves)),
    spec.batch ?? 1,
  ];
}

/**
 * A from a texture: the loads it saves outweigh the packing, and the gradient's product often needs the same one. Only
 * attention's probabilities, read once, stay in their buffer.
 */
function wantsTexture(lowering: Lowering, spec: MatmulSpec): boolean {
  if (!fitsTexture(lowering, spec.a)) return false;
  if (spec.K % WAVE_UNROLL !== 0 || !fitsBuffer(spec.a)) return true;
  const isProbabilities = spec.causality === "upto" || spec.causality === "from";
  return !isProbabilities || lowering.hasTexture(spec.a.tensor);
}

function resourceOf(lowering: Lowering, operand: Operand, inTexture: boolean): Resource {
  return inTexture ? lowering.texture(operand.tensor) : operand.tensor;
}
