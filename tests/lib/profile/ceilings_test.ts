import { assert } from "@std/assert";
import { measureCeilings } from "../../../lib/profile/ceilings.ts";
import { openTestGpu } from "../../support/gpu.ts";

Deno.test("measureCeilings() finds an adapter that computes and copies", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const { gflops, f16Gflops, gbPerSecond } = await measureCeilings(gpu);
  // The slowest machine this could run on and the fastest there is lie between.
  assert(gflops > 1 && gflops < 1e6, `${gflops} GFLOP/s`);
  assert(gbPerSecond > 0.1 && gbPerSecond < 1e5, `${gbPerSecond} GB/s`);
  if (gpu.device.traits.hasF16) assert(f16Gflops! > 0.1 && f16Gflops! < 1e7, `${f16Gflops} GFLOP/s in f16`);
  else assert(f16Gflops === undefined);
});
