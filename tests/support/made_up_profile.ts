// A small profile with round figures, for what is printed and drawn of one.

import { defaultConfig } from "../../lib/config/config.ts";
import { modelShape } from "../../lib/model/gpt_parameters.ts";
import type { Profile } from "../../lib/profile/profile.ts";
import type { ProfileRow } from "../../lib/profile/profile_rows.ts";

function row(
  key: [ProfileRow["phase"], string, string, string],
  work: [number, number, number, number],
): ProfileRow {
  const [phase, operation, kernel, detail] = key;
  const [dispatches, ms, flops, bytes] = work;
  return { phase, operation, kernel, detail, dispatches, ms, flops, bytes };
}

export const MADE_UP_PROFILE: Profile = {
  adapter: "Made-up <Graphics> & Co 5000",
  kernels: "tile",
  timing: "timestamps",
  shape: modelShape(defaultConfig().model, 256),
  batchSize: 8,
  microSteps: 2,
  parameters: 3_356_416,
  ceilings: { gflops: 100, f16Gflops: 200, gbPerSecond: 10 },
  step: {
    tokens: 4096,
    rows: [
      row(["forward", "matmul", "matmul_tile", "NN 2048x768x256 bias"], [8, 40, 2e9, 80e6]),
      row(["forward", "layer_norm", "layer_norm_forward", "8x256x256"], [2, 4, 1e6, 20e6]),
      row(["loss", "linear_cross_entropy", "linear_cross_entropy_rows", "2048x256"], [2, 6, 2e6, 30e6]),
      row(["backward", "matmul", "matmul_tile", "NT 2048x256x768"], [8, 30, 2e9, 80e6]),
      row(["update", "adamw", "adamw_update", "3290624"], [1, 20, 50e6, 100e6]),
    ],
    submits: 2,
    hostMs: 3.21,
    wallMs: 96,
    medianWallMs: 97.5,
  },
  token: {
    tokens: 1,
    rows: [
      row(["forward", "matmul", "matmul_few_rows_nt", "NT 1x256x256"], [1, 0.75, 131072, 262144]),
      row(["forward", "sampling_draw", "sampling_draw", "1x256"], [1, 0.25, 2560, 1080]),
    ],
    submits: 0.0625,
    hostMs: 0.02,
    wallMs: 1.25,
    medianWallMs: 1.3,
  },
};
