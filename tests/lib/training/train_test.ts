import { assert, assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import type { Backend } from "../../../kernels/program/backend.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";
import type { Tensor } from "../../../kernels/program/tensor.ts";
import { listCheckpoints, loadCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import type { Config } from "../../../lib/config/config.ts";
import { tokenize } from "../../../lib/dataset/tokenize.ts";
import { ingest } from "../../../lib/ingest/ingest.ts";
import { type MetricsRow, readMetrics } from "../../../lib/monitor/metrics.ts";
import { train, type TrainOptions } from "../../../lib/training/train.ts";
import type { TrainEvent } from "../../../lib/training/train_events.ts";
import { withFolder } from "../../support/program.ts";
import { TINY_FILES, tinyRunConfig } from "../../support/tiny_corpus.ts";

/** Trains on the tiny corpus; `stopAt` ends the run after that many updates. */
async function run(
  config: Config,
  options: { backend?: Backend; resume?: TrainOptions["resume"]; stopAt?: number } = {},
): Promise<{ events: TrainEvent[]; stopped: boolean }> {
  const { backend = openReferenceBackend(), resume = "never", stopAt = Infinity } = options;
  const dataset = await tokenize(config, await ingest(config));
  const events: TrainEvent[] = [];
  let step = 0;
  const onEvent = (event: TrainEvent) => {
    events.push(event);
    if (event.kind === "progress") step = event.step;
  };
  const result = await train(backend, config, { resume, onEvent, shouldStop: () => step >= stopAt, dataset });
  return { events, stopped: result.stopped };
}

/** A reference that spoils the gradient of some updates and remembers the tokens of every micro-step. */
function watchedBackend(isSpoiled: (step: number) => boolean): Backend & { readonly seen: string[] } {
  const reference = openReferenceBackend();
  const seen: string[] = [];
  let step = 0;
  return {
    ...reference,
    seen,
    write(tensor: Tensor, data, offset): void {
      if (tensor.name === "step_control") step = data[0];
      if (tensor.name === "tokens") seen.push(data.join());
      reference.write(tensor, data, offset);
    },
    compile(calls, label) {
      const program = reference.compile(calls, label);
      if (label !== "micro_step") return program;
      const gradient = calls.flatMap(({ outputs }) => Object.values(outputs))
        .find(({ lifetime }) => lifetime === "gradient")!;
      return {
        replay(): void {
          program.replay();
          if (isSpoiled(step)) reference.write(gradient, Float32Array.of(NaN));
        },
      };
    },
  };
}

/** Rows without what depends on the clock. */
async function timelessMetrics(runDir: string): Promise<Partial<MetricsRow>[]> {
  return (await readMetrics(runDir)).map((row) => ({ ...row, tokensPerSecond: 0, elapsedMs: 0 }));
}

Deno.test("train() stopped after any step and resumed is the run that was not interrupted", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    // 8 updates of 2 x 2 sequences over an epoch of some 20 windows: the sixth crosses its edge.
    const config = (name: string) =>
      tinyRunConfig(folder, {
        model: { dropout: 0.1, maxSeqLen: 32 },
        training: { runDir: join(folder, name), maxSteps: 8, gradientAccumulationSteps: 2 },
        data: { paths: [join(folder, "texts/hill.txt")] },
        checkpoint: { saveInterval: 3 },
        monitor: { logInterval: 2 },
      });
    const watched = watchedBackend(() => false);
    const { events } = await run(config("straight"), { backend: watched });
    const opened = events.find((event) => event.kind === "opened")!;
    assertEquals(Math.floor(opened.stepsPerEpoch), 5);
    const straight = await loadCheckpoint(join(folder, "straight"));
    for (const stopAt of [1, 3, 5, 6, 8]) {
      const name = `stopped-at-${stopAt}`;
      const [before, after] = [watchedBackend(() => false), watchedBackend(() => false)];
      assertEquals((await run(config(name), { backend: before, stopAt })).stopped, stopAt < 8);
      await run(config(name), { backend: after, resume: "continue" });
      const resumed = await loadCheckpoint(join(folder, name));
      assertEquals(resumed.step, 8);
      assertEquals([resumed.weights, resumed.optimizer], [straight.weights, straight.optimizer], name);
      assertEquals(
        await timelessMetrics(join(folder, name)),
        await timelessMetrics(join(folder, "straight")),
      );
      const seen = [...before.seen, ...after.seen].sort();
      assertEquals(seen, watched.seen.toSorted(), "every window as often, those of validation included");
    }
  });
});

Deno.test("train() tells every skipped update in a row of metrics and counts them, across a resume too", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { training: { maxSteps: 8 }, monitor: { logInterval: 4 } });
    const isSpoiled = (step: number) => [1, 2, 3, 5].includes(step);
    await run(config, { backend: watchedBackend(isSpoiled), stopAt: 5 });
    await run(config, { backend: watchedBackend(isSpoiled), resume: "continue" });
    const rows = (await readMetrics(config.training.runDir)).filter((row) => row.kind === "train");
    assertEquals(rows.map(({ step, skipped }) => [step, skipped]), [
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
      [6, 4],
      [8, 4],
    ]);
    assert(rows.every(({ loss }) => Number.isFinite(loss)));
  });
});

Deno.test("train() goes on after nine skipped updates and ends with status 4 after ten in a row", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { training: { maxSteps: 14 } });
    await run(config, { backend: watchedBackend((step) => step > 1 && step < 11) });
    const other = tinyRunConfig(folder, { training: { maxSteps: 14, runDir: join(folder, "other") } });
    const error = await assertRejects(
      () => run(other, { backend: watchedBackend((step) => step > 1 && step < 12) }),
      UsageError,
      "not finite since step 3",
    );
    assertEquals(error.exitStatus, 4);
    assertEquals((await readMetrics(other.training.runDir)).at(-1)!.step, 12);
    assertEquals((await listCheckpoints(other.training.runDir)).at(-1)!.step, 10, "its weights are sound");
  });
});

Deno.test("train() measures nothing where there is no validation split", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder, { data: { validationFraction: 0 } });
    const { events } = await run(config);
    assertEquals(events.filter(({ kind }) => kind === "validation"), []);
    assert((await readMetrics(config.training.runDir)).every(({ kind }) => kind === "train"));
    assertEquals(JSON.parse(await Deno.readTextFile(join(folder, "run/metrics.json"))).best_validation, null);
  });
});

Deno.test("train() keeps the newest checkpoints and the best", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    // A rate that rises until everything is worse: the first measurement stays the best.
    const training = { maxSteps: 8, evalInterval: 1, learningRate: 3, warmupSteps: 8 };
    const steps: number[][] = [];
    for (const keepBest of [true, false]) {
      const runDir = join(folder, String(keepBest));
      const checkpoint = { saveInterval: 1, keepLast: 2, keepBest };
      await run(tinyRunConfig(folder, { training: { ...training, runDir }, checkpoint }));
      steps.push((await listCheckpoints(runDir)).map(({ step }) => step));
    }
    assertEquals(steps, [[1, 7, 8], [7, 8]]);
  });
});

Deno.test("train() leaves a finished run alone and refuses to touch another one", async () => {
  await withFolder(TINY_FILES, async (folder) => {
    const config = tinyRunConfig(folder);
    await run(config);
    const { events } = await run(config);
    assertEquals(events.filter(({ kind }) => kind === "finished" || kind === "progress"), [
      { kind: "finished", step: 6, stopped: false, upToDate: true },
    ]);
    const longer = tinyRunConfig(folder, { training: { maxSteps: 7 } });
    await assertRejects(() => run(longer), UsageError, "--resume");
    const wider = tinyRunConfig(folder, { model: { dModel: 32 } });
    await assertRejects(() => run(wider, { resume: "continue" }), UsageError, "model.d_model");
    await run(longer, { resume: "continue" });
    assertEquals((await loadCheckpoint(config.training.runDir)).step, 7);
    await run(wider, { resume: "restart" });
    assertEquals((await loadCheckpoint(config.training.runDir)).step, 6);
    assert(!await exists(join(folder, "run/checkpoints/step-00000007")));
  });
});
