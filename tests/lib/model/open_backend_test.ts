import { assertRejects } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import { defaultConfig } from "../../../lib/config/config.ts";
import { openBackend } from "../../../lib/model/open_backend.ts";
import { openTestGpu } from "../../support/gpu.ts";

const { resources } = defaultConfig();

Deno.test("openBackend() refuses f16 operands where nothing would read them", async () => {
  const onReference = openBackend({ ...resources, device: "reference", operands: "f16" });
  await assertRejects(() => onReference, UsageError, "Cannot use f16 operands on the reference");
  const gpu = await openTestGpu();
  await gpu?.[Symbol.asyncDispose]();
  if (!gpu?.device.traits.hasF16) return;
  const withPlain = openBackend({ ...resources, kernels: "plain", operands: "f16" });
  await assertRejects(() => withPlain, UsageError, "Cannot use f16 operands with plain kernels");
  await using backend = await openBackend({ ...resources, kernels: "tile", operands: "f16", tuning: "off" });
  backend.flush();
});
