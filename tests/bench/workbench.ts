// What every comparison of one call of the bench shares.

import type { WeightFiles } from "./weight_files.ts";

export interface Workbench {
  readonly rounds: number;
  /** A round of a contender lasts at least this long. */
  readonly minMs: number;
  /** Threads for peers that compute on the processor. */
  readonly threads: number;
  readonly weights: WeightFiles;
  /** The text to run nanoGPT's configuration on; undefined to estimate the run. */
  readonly nanogptText?: string;
}
