import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { VariantChoice } from "../../../kernels/program/lowering.ts";
import { UsageError } from "../../../lib/common/errors.ts";
import type { Config } from "../../../lib/config/config.ts";
import { openBackend } from "../../../lib/model/open_backend.ts";
import { trainFromFiles } from "../../../lib/training/pipeline.ts";
import { readTuning } from "../../../lib/tuning/tuning_file.ts";
import { type TuneEvent, tuneModel } from "../../../lib/tuning/tune.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { withFolder } from "../../support/program.ts";
import { TINY_FILES, tinyRunConfig } from "../../support/tiny_corpus.ts";
import { makeSteps, openTinyRun, randomBatches, tinyConfig } from "../../support/tiny_model.ts";

/** A clock by which the last variant is twice as fast as all others. */
const lastIsFastest = ({ variants }: VariantChoice) =>
  Promise.resolve(variants.map((_, i) => i === variants.length - 1 ? 1 : 2));

async function withGpu(call: (folder: string) => Promise<void>): Promise<void> {
  const gpu = await openTestGpu();
  await gpu?.[Symbol.asyncDispose]();
  if (gpu) await withFolder(TINY_FILES, call);
}

function tiny(folder: string, kernels: Config["resources"]["kernels"] = "tile"): Config {
  const config = tinyConfig();
  config.model.vocabSize = 13;
  Object.assign(config.resources, { kernels, tuning: join(folder, "tuning.json") });
  return config;
}

for (const kernels of ["tile", "auto"] as const) {
  Deno.test(`tuneModel() measures what training and generating compute, and training takes it (${kernels})`, async () => {
    await withGpu(async (folder) => {
      const config = tiny(folder, kernels);
      const events: TuneEvent[] = [];
      const onEvent = (event: TuneEvent) => events.push(event);
      const { path, measured } = await tuneModel(config, { measure: lastIsFastest, onEvent });
      const { tuning } = (await readTuning(path))!;
      const subjects = Object.keys(tuning!.subjects);
      assertEquals([subjects.length, events.length], [measured, measured + 1]);
      // B T = 16 rows of width 16: queries, keys and values forward, and their gradient.
      for (const product of ["NN 16x48x16", "TN 16x48x16"]) {
        assert(subjects.some((subject) => subject.endsWith(` ${product}`)), `${product} in ${subjects}`);
      }
      const losses: number[][] = [];
      for (const tuned of [false, true]) {
        await using backend = await openBackend({ ...config.resources, tuning: tuned ? path : "off" });
        const { trainer } = openTinyRun(backend, config, 13);
        losses.push((await makeSteps(trainer, randomBatches(config, 13), 3)).map(({ loss }) => loss));
        assert(backend.variants.size > 5);
        for (const [subject, variant] of backend.variants) {
          const { usual, ms } = tuning!.subjects[subject];
          assertEquals(variant, tuned ? Object.keys(ms).at(-1) : usual, subject);
        }
      }
      losses[0].forEach((loss, step) => assert(Math.abs(loss - losses[1][step]) < 1e-4));
    });
  });
}

Deno.test("tuneModel() measures on the GPU itself", async () => {
  await withGpu(async (folder) => {
    const config = tiny(folder);
    let stop = false;
    const results: TuneEvent[] = [];
    const onEvent = (event: TuneEvent) => {
      results.push(event);
      stop = event.kind === "measured";
    };
    const { path, measured } = await tuneModel(config, { onEvent, shouldStop: () => stop });
    assertEquals(measured, 1, "stops between two products and keeps what it has");
    const [{ variant, ms }] = Object.values((await readTuning(path))!.tuning!.subjects);
    assert(Object.values(ms).length > 1 && variant in ms);
    assert(Object.values(ms).every((time) => time > 0 && Number.isFinite(time)), JSON.stringify(ms));
  });
});

Deno.test("openBackend() warns of a damaged tuning file and takes the usual variants", async () => {
  await withGpu(async (folder) => {
    const config = tiny(folder);
    await Deno.writeTextFile(config.resources.tuning, '{"format": 1');
    const warnings: string[] = [];
    await using backend = await openBackend(config.resources, { onWarning: (text) => warnings.push(text) });
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0], /^What was measured in .*tuning\.json is not used: it is damaged: /);
    openTinyRun(backend, config, 13);
    assert(backend.variants.size > 5);
  });
});

Deno.test("trainFromFiles() continues a run with the variants it began with, to the bit", async () => {
  await withGpu(async (folder) => {
    const config = tinyRunConfig(folder);
    Object.assign(config.resources, { device: "auto", kernels: "tile", tuning: join(folder, "tuning.json") });
    config.model.vocabSize = 0;
    await tuneModel(config, { measure: lastIsFastest });
    const whole = await finalLoss(config, join(folder, "whole"));
    let steps = 0;
    await trainFromFiles(config, {
      onEvent: ({ kind }) => kind === "progress" ? steps++ : 0,
      shouldStop: () => steps > 2,
    });
    // What is measured later may not change the run.
    await tuneModel(config, { measure: ({ variants }) => Promise.resolve(variants.map((_, i) => i + 1)) });
    assertEquals(await finalLoss(config, config.training.runDir, "continue"), whole);
  });
});

/** Loss of the last step, with all its digits, and the variants of the run. */
async function finalLoss(config: Config, runDir: string, resume: "never" | "continue" = "never") {
  await trainFromFiles({ ...config, training: { ...config.training, runDir } }, { resume });
  const rows = (await Deno.readTextFile(join(runDir, "metrics.jsonl"))).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  const { variants } = JSON.parse(await Deno.readTextFile(join(runDir, "run.json")));
  return { loss: rows.filter(({ kind }) => kind === "train").at(-1).loss, variants };
}

Deno.test("tuneModel() refuses the reference, and tuning that is off", async () => {
  const config = tinyConfig();
  config.model.vocabSize = 13;
  config.resources.device = "reference";
  await assertRejects(() => tuneModel(config), UsageError, "only GPUs have variants");
});
