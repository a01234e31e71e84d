// The text of every kernel that a product may choose between: measurements hold as long as it stays the same.

import { epilogueSnippet } from "./matmul_epilogue.ts";
import { TILE_SOURCES } from "./_tile.ts";
import { matmulWave } from "./matmul_wave.ts";

/** Texts whose hash tells kernels that were measured from later ones. */
export function matmulSources(): string[] {
  const wave = (["NN", "NT", "TN"] as const).map((mode) =>
    matmulWave({ mode, rows: 16, vectors: 2, aInTexture: true, bInTexture: true, causality: "none" })
  );
  return [epilogueSnippet(4), ...TILE_SOURCES, ...wave];
}
