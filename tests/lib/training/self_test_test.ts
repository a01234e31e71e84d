import { assert, assertEquals } from "@std/assert";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { selfTest } from "../../../lib/training/self_test.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { watchBackend } from "../../support/watched_backend.ts";

Deno.test("selfTest() is content with the reference and with every kernel family of the GPU", async () => {
  await using reference = openReferenceBackend();
  const { ok, worst, passes } = await selfTest(reference);
  assertEquals([ok, worst], [true, 0]);
  assert(passes > 50);
  for (const kernels of ["wave", "tile"] as const) {
    await using gpu = await openTestGpu({ kernels });
    if (!gpu) continue;
    const result = await selfTest(gpu);
    assert(result.ok && result.worst > 0 && result.worst < 1e-5, JSON.stringify(result));
  }
});

Deno.test("selfTest() finds out when a pass computes nothing, and names a tensor that is wrong", async () => {
  for (const pass of ["layer_norm_backward", "dropout_forward", "embedding_backward"]) {
    await using broken = watchBackend(openReferenceBackend(), (calls, label) => {
      const without = calls.filter((call) => call.pass.name !== pass);
      assert(label !== "self_test" || without.length < calls.length, pass);
      return without;
    });
    const { ok, worst, worstTensor } = await selfTest(broken);
    assert(!ok && worst > 1e-3 && worstTensor !== "", pass);
  }
});
