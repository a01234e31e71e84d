// The first ten losses of a small model, kept in tests/golden/losses.json: a change that should not alter numbers shows
// the same ones. To renew them after a change that should, run this file as a program:
//   deno run -A tests/lib/training/golden_losses_test.ts

import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Backend } from "../../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { makeSteps, openTinyRun, sampleBatches, tinyConfig } from "../../support/tiny_model.ts";

const FILE = fromFileUrl(new URL("../../golden/losses.json", import.meta.url));
const VOCAB_SIZE = 61;
const NUM_STEPS = 10;

interface Golden {
  /** Backend description, and the loss of every step on it. */
  readonly runs: { readonly device: string; readonly losses: number[] }[];
}

/** Everything that has a say is on: dropout, accumulation, warm-up, clipping, decay. */
const CONFIG = tinyConfig({
  model: { dModel: 32, numHeads: 4, maxSeqLen: 16, dropout: 0.1 },
  training: {
    gradientAccumulationSteps: 2,
    learningRate: 1e-2,
    warmupSteps: 3,
    schedule: "cosine",
    maxSteps: NUM_STEPS,
    maxGradNorm: 0.5,
  },
});

/** Every id follows from the one before. */
const BATCHES = sampleBatches(CONFIG, (sample) => {
  const ids = [sample * 31 % VOCAB_SIZE];
  while (ids.length <= CONFIG.model.maxSeqLen) ids.push((5 * ids[ids.length - 1] + 17) % VOCAB_SIZE);
  return ids;
});

async function losses(backend: Backend): Promise<number[]> {
  const { trainer } = openTinyRun(backend, CONFIG, VOCAB_SIZE);
  const results = await makeSteps(trainer, BATCHES, NUM_STEPS);
  return results.map(({ loss }) => loss);
}

async function assertGolden(backend: Backend, tolerance: (expected: number) => number): Promise<void> {
  const { runs }: Golden = JSON.parse(await Deno.readTextFile(FILE));
  const golden = runs.find(({ device }) => device === backend.description) ?? runs[0];
  (await losses(backend)).forEach((loss, step) => {
    const expected = golden.losses[step];
    const message = `step ${step}: ${loss} on ${backend.description}, ${expected} on ${golden.device}`;
    assert(Math.abs(loss - expected) <= tolerance(expected), message);
  });
}

if (import.meta.main) {
  const runs: Golden["runs"] = [];
  for (const open of [() => Promise.resolve(openReferenceBackend()), () => openTestGpu()]) {
    await using backend = await open();
    if (backend) runs.push({ device: backend.description, losses: await losses(backend) });
  }
  await Deno.writeTextFile(FILE, JSON.stringify({ runs }, null, 2) + "\n");
} else {
  Deno.test("Trainer has the golden losses on the reference, to the last digit", async () => {
    await using reference = openReferenceBackend();
    await assertGolden(reference, () => 1e-9);
  });

  Deno.test("Trainer has the golden losses on the GPU", async () => {
    await using gpu = await openTestGpu();
    // The losses of an adapter that was not recorded are those of the reference but for f32 rounding.
    if (gpu) await assertGolden(gpu, (expected) => 1e-5 * expected);
  });
}
