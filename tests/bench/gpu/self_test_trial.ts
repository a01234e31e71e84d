// The self-test of `sheepop doctor` as a trial.

import { defaultConfig } from "../../../lib/config/config.ts";
import { examineGpu } from "../../../lib/training/examine_gpu.ts";
import type { TrialContext } from "./trial.ts";

/** Compares one training step of a tiny model with the reference. */
export async function selfTestTrial({ record }: TrialContext): Promise<void> {
  const { kernels, openMs, readbackMs, selfTest, selfTestMs } = await examineGpu(defaultConfig().resources);
  record("kernels", kernels);
  record("open_ms", openMs);
  record("readback_ms", readbackMs);
  record("passes", selfTest.passes);
  record("worst_relative_difference", selfTest.worst);
  record("worst_tensor", selfTest.worstTensor);
  record("self_test_ms", selfTestMs);
  if (!selfTest.ok) {
    throw new Error(`${selfTest.worstTensor} differs from the reference by ${selfTest.worst}`);
  }
}
