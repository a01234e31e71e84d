// What the adapter can do at most, as a contender: the time a product would take if its multiplications and additions
// were all there is.

import { openGpuBackend } from "../../../kernels/program/gpu_backend.ts";
import { measureCeilings } from "../../../lib/profile/ceilings.ts";
import { contend, readTask } from "../contending.ts";
import type { MatmulTask } from "../tasks.ts";

const { size } = readTask<MatmulTask>();
const flops = 2 * size.M * size.N * size.K;

/** A backend of its own each time: the buffers of a measurement live as long as their backend. */
const measure = async () => {
  await using gpu = await openGpuBackend();
  const { gflops } = await measureCeilings(gpu);
  return { adapter: gpu.description, ms: flops / gflops / 1e6 };
};

const { adapter } = await measure();
await contend({ adapter, firstUnitMs: performance.now() }, async () => ({ unitMs: [(await measure()).ms] }));
