import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { Backend } from "../../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import { unpackTrainingState } from "../../../kernels/program/step_control.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import type { Config } from "../../../lib/config/config.ts";
import { IGNORED_TARGET } from "../../../lib/dataset/batches.ts";
import type { BatchSource, Snapshot, StepResult } from "../../../lib/training/trainer.ts";
import { assertClose } from "../../support/operation_checks.ts";
import {
  makeSteps,
  openTestBackend,
  openTinyRun,
  randomBatches,
  sampleBatches,
  type TinyChanges,
  tinyConfig,
  type TinyRun,
  weightsOf,
} from "../../support/tiny_model.ts";

const V = 13;

/** Weights, optimizer state and losses after `count` updates. */
async function trained(
  backend: Backend,
  options: { config: Config; count: number; batches?: BatchSource },
): Promise<{ results: StepResult[]; snapshot: Snapshot; weights: Map<string, Float32Array> }> {
  const { config, count, batches = randomBatches(config, V) } = options;
  const run = openTinyRun(backend, config, V);
  const results = await makeSteps(run.trainer, batches, count);
  return { results, snapshot: await run.trainer.snapshot(), weights: await weightsOf(run) };
}

Deno.test("Trainer accumulates K micro-batches of B to what one batch of K B gives, dropout included", async () => {
  const changes = (batchSize: number, gradientAccumulationSteps: number) =>
    tinyConfig({
      model: { dropout: 0.3 },
      training: { batchSize, gradientAccumulationSteps, warmupSteps: 2, schedule: "cosine", maxSteps: 6 },
    });
  await using backend = await openTestBackend();
  const whole = await trained(backend, { config: changes(6, 1), count: 6 });
  for (const [B, K] of [[2, 3], [1, 6]]) {
    const parts = await trained(backend, { config: changes(B, K), count: 6 });
    parts.results.forEach(({ loss, gradNorm }, step) => {
      assertAlmostEquals(loss, whole.results[step].loss, 1e-5);
      assertAlmostEquals(gradNorm, whole.results[step].gradNorm, 1e-4);
    });
    for (const [name, values] of whole.weights) {
      assertClose(parts.weights.get(name)!, values, { name, tolerance: 5e-4 });
    }
  }
});

Deno.test("Trainer draws other dropout masks for every sequence and step", async () => {
  const config = tinyConfig({ model: { dropout: 0.5 }, training: { learningRate: 1e-30, batchSize: 1 } });
  const same = sampleBatches(config, () => [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await using backend = await openTestBackend();
  const { results } = await trained(backend, { config, count: 4, batches: same });
  assertEquals(new Set(results.map(({ loss }) => loss)).size, 4);
  const plain = tinyConfig({ training: { learningRate: 1e-30, batchSize: 1 } });
  const without = await trained(backend, { config: plain, count: 4, batches: same });
  assertEquals(new Set(without.results.map(({ loss }) => loss)).size, 1, "only dropout differs");
});

/** Step 2 of three finds a number that is not finite. */
async function spoiled(spoil: (run: TinyRun) => () => void) {
  await using backend = await openTestBackend();
  const config = tinyConfig({ training: { maxGradNorm: 1 } });
  const run = openTinyRun(backend, config, V);
  const batches = randomBatches(config, V);
  await makeSteps(run.trainer, batches, 1);
  const before = await run.trainer.snapshot();
  const restore = spoil(run);
  const [skipped] = await makeSteps(run.trainer, batches, 1);
  restore();
  const after = await run.trainer.snapshot();
  const [next] = await makeSteps(run.trainer, batches, 1);
  const state = unpackTrainingState(await backend.read(run.trainer.programs.state) as Uint32Array);
  return { before, after, skipped, next, state };
}

for (const value of [NaN, Infinity, -Infinity]) {
  Deno.test(`Trainer skips the update when a gradient is ${value}, and goes on`, async () => {
    const { before, after, skipped, next, state } = await spoiled(({ backend, gpt }) => {
      backend.write(gpt.table.windows[0].gradient, Float32Array.of(value), 7);
      return () => {};
    });
    assertEquals([skipped.skipped, next.skipped], [true, false]);
    assert(Number.isFinite(skipped.loss));
    assertEquals(after.weights, before.weights, "parameters keep their bits");
    assertEquals(after.optimizer.slice(1), before.optimizer.slice(1), "and so do the moments");
    assertEquals([state.appliedUpdates, state.totalSkipped], [2, 1]);
    assert(Number.isFinite(next.gradNorm), "the bad gradient was cleared");
  });
}

Deno.test("Trainer skips the update when the loss is not finite", async () => {
  const { before, after, skipped, next } = await spoiled(({ backend, gpt }) => {
    const weight = gpt.table.parameters.get("ln_f.weight")!;
    backend.write(weight, Float32Array.of(Infinity));
    backend.refreshParameters();
    return () => {
      backend.write(weight, ones(gpt.shape.dModel));
      backend.refreshParameters();
    };
  });
  assertEquals([skipped.skipped, next.skipped], [true, false]);
  assert(!Number.isFinite(skipped.loss));
  const others = (tensors: typeof before.weights) => tensors.filter(({ name }) => name !== "ln_f.weight");
  assertEquals(others(after.weights), others(before.weights));
});

function ones(size: number): Float32Array {
  return new Float32Array(size).fill(1);
}

Deno.test("Trainer clips: the update is that of the gradient scaled to the largest norm allowed", async () => {
  // One step of AdamW from zero moments: moment1 is (1 - beta1) times the clipped gradient.
  await using backend = await openTestBackend();
  const norms: number[] = [];
  for (const maxGradNorm of [0, 0.05, 1e9]) {
    const { results, snapshot } = await trained(backend, {
      config: tinyConfig({ training: { maxGradNorm } }),
      count: 1,
    });
    const squares = snapshot.optimizer.filter(({ name }) => name.endsWith(".moment1"))
      .flatMap(({ data }) => Array.from(data as Float32Array, (x) => (x / 0.1) ** 2));
    norms.push(Math.sqrt(squares.reduce((a, b) => a + b)));
    assert(results[0].gradNorm > 0.05, "the norm before clipping is told");
    norms.push(results[0].gradNorm);
  }
  const [unclipped, told, clipped, toldClipped, generous] = norms;
  assertAlmostEquals(unclipped / told, 1, 1e-5);
  assertAlmostEquals(clipped, 0.05, 1e-6);
  assertEquals([toldClipped, generous], [told, unclipped]);
});

Deno.test("Trainer applies weight decay to matrices only", async () => {
  await using backend = await openTestBackend();
  const after = (training: TinyChanges["training"]) => {
    return trained(backend, { config: tinyConfig({ training }), count: 1 });
  };
  const decayed = await after({ weightDecay: 0.5, learningRate: 1e-3 });
  const plain = await after({ weightDecay: 0, learningRate: 1e-3 });
  for (const [name, values] of plain.weights) {
    const others = decayed.weights.get(name)!;
    const isMatrix = plain.snapshot.weights.find((weight) => weight.name === name)!.shape.length === 2;
    if (!isMatrix) assertEquals(others, values, name);
    else assertNotEquals(others, values, name);
  }
  // p <- p - lr * decay * p, on top of the same Adam update
  const { weights } = await after({ learningRate: 1e-30 });
  const name = "h.0.mlp.c_fc.weight";
  weights.get(name)!.forEach((first, i) => {
    const difference = plain.weights.get(name)![i] - decayed.weights.get(name)![i];
    assertAlmostEquals(difference, 1e-3 * 0.5 * first, 1e-8);
  });
});

Deno.test("Trainer divides the loss by all targets of the step, ignored ones included", async () => {
  const config = tinyConfig({ training: { learningRate: 1e-30, batchSize: 2 } });
  const all = randomBatches(config, V);
  const half: BatchSource = {
    ...all,
    trainingBatch(microStep, tokens, targets): void {
      all.trainingBatch(microStep, tokens, targets);
      targets.fill(IGNORED_TARGET, targets.length / 2);
    },
  };
  await using backend = await openTestBackend();
  const { results: [whole] } = await trained(backend, { config, count: 1, batches: all });
  const { results: [first] } = await trained(backend, { config, count: 1, batches: half });
  assertAlmostEquals(first.loss / whole.loss, 0.5, 0.05);
});

Deno.test("Trainer trains a model with sinusoidal positions, relu, untied weights and no biases", async () => {
  const config = tinyConfig({
    model: { position: "sinusoidal", activation: "relu", tieWeights: false, bias: false },
    training: { learningRate: 1e-2, batchSize: 4 },
  });
  await using backend = await openTestBackend();
  const counting = sampleBatches(config, (sample) => Array.from({ length: 9 }, (_, t) => (sample + t) % V));
  const { results, weights } = await trained(backend, { config, count: 60, batches: counting });
  assert(!weights.has("wpe.weight") && !weights.has("ln_f.bias") && weights.has("lm_head.weight"));
  assert(results[59].loss < 0.3, `loss ${results[59].loss}`);
});

Deno.test("Trainer.restore() goes on with the bits of a run that was not interrupted", async () => {
  const config = tinyConfig({ model: { dropout: 0.2 }, training: { gradientAccumulationSteps: 2 } });
  const batches = randomBatches(config, V);
  for (const open of [openTestBackend, () => Promise.resolve(openReferenceBackend())]) {
    await using backend = await open();
    const straight = openTinyRun(backend, config, V);
    await makeSteps(straight.trainer, batches, 3);
    const saved = await straight.trainer.snapshot();
    await makeSteps(straight.trainer, batches, 3);
    const resumed = openTinyRun(backend, { ...config, training: { ...config.training, seed: 42 } }, V);
    resumed.trainer.restore(saved, 3);
    await makeSteps(resumed.trainer, batches, 3);
    assertEquals(await resumed.trainer.snapshot(), await straight.trainer.snapshot());
  }
});

Deno.test("Trainer.restore() refuses an optimizer state that is incomplete or ahead", async () => {
  await using backend = openReferenceBackend();
  const config = tinyConfig();
  const { trainer } = openTinyRun(backend, config, V);
  await makeSteps(trainer, randomBatches(config, V), 2);
  const { weights, optimizer } = await trainer.snapshot();
  assertThrows(() => trainer.restore({ weights, optimizer }, 1), UsageError, "ahead of step 1");
  const lacking = optimizer.filter(({ name }) => name !== "wte.weight.moment2");
  assertThrows(() => trainer.restore({ weights, optimizer: lacking }, 2), UsageError, "wte.weight.moment2");
  assertThrows(
    () => trainer.restore({ weights: weights.slice(1), optimizer }, 2),
    UsageError,
    weights[0].name,
  );
});
