import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lrSchedule, type ScheduleOptions } from "../../../lib/training/lr_schedule.ts";
import { makeSteps, openTinyRun, randomBatches, tinyConfig } from "../../support/tiny_model.ts";
import { openReferenceBackend } from "../../../kernels/program/reference_backend.ts";

const COSINE: ScheduleOptions = {
  learningRate: 1e-2,
  minLearningRate: 1e-3,
  warmupSteps: 10,
  maxSteps: 100,
  schedule: "cosine",
};

Deno.test("lrSchedule() rises linearly to the peak during warm-up", () => {
  for (let step = 0; step < 10; step++) assertAlmostEquals(lrSchedule(step, COSINE), 1e-2 * (step + 1) / 10);
});

Deno.test("lrSchedule() ends at the minimum, by cosine or linearly", () => {
  for (const schedule of ["cosine", "linear"] as const) {
    const options = { ...COSINE, schedule };
    assertAlmostEquals(lrSchedule(10, options), 1e-2, 1e-12);
    assertAlmostEquals(lrSchedule(99, options), 1e-3, 1e-12);
    assertAlmostEquals(lrSchedule(1000, options), 1e-3, 1e-12, "a longer run stays there");
  }
  const middle = { ...COSINE, warmupSteps: 0, maxSteps: 101 };
  assertAlmostEquals(lrSchedule(50, middle), (1e-2 + 1e-3) / 2, 1e-12);
  assertAlmostEquals(lrSchedule(25, { ...middle, schedule: "linear" }), 1e-2 - (1e-2 - 1e-3) / 4, 1e-12);
});

Deno.test("lrSchedule() stays at the peak when it is constant", () => {
  for (const step of [10, 50, 99]) assertEquals(lrSchedule(step, { ...COSINE, schedule: "constant" }), 1e-2);
});

Deno.test("lrSchedule() is positive, never above the peak, rises first and never again", () => {
  const options = fc.record({
    learningRate: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    minShare: fc.double({ min: 0, max: 1, noNaN: true }),
    warmupSteps: fc.nat(50),
    maxSteps: fc.integer({ min: 1, max: 80 }),
    schedule: fc.constantFrom("cosine", "linear", "constant"),
  });
  fc.assert(fc.property(options, ({ minShare, ...rest }) => {
    const schedule = { ...rest, minLearningRate: rest.learningRate * minShare } as ScheduleOptions;
    const rates = Array.from({ length: schedule.maxSteps }, (_, step) => lrSchedule(step, schedule));
    const slack = schedule.learningRate * 1e-9;
    assert(rates.every((rate) => rate >= 0 && rate <= schedule.learningRate + slack));
    rates.forEach((rate, step) => {
      if (step === 0) return;
      if (step < schedule.warmupSteps) assert(rate > rates[step - 1]);
      if (step > schedule.warmupSteps) assert(rate <= rates[step - 1] + slack);
    });
  }));
});

Deno.test("the learning rate counts updates, not micro-batches", async () => {
  const rates: number[][] = [];
  for (const gradientAccumulationSteps of [1, 3]) {
    await using backend = openReferenceBackend();
    const config = tinyConfig({
      model: { numLayers: 1 },
      training: { gradientAccumulationSteps, warmupSteps: 2, maxSteps: 6, schedule: "cosine" },
    });
    const { trainer } = openTinyRun(backend, config, 11);
    rates.push(
      (await makeSteps(trainer, randomBatches(config, 11), 6)).map(({ learningRate }) => learningRate),
    );
  }
  assertEquals(rates[1], rates[0]);
  assertAlmostEquals(rates[0][1], 2e-3);
  assertAlmostEquals(rates[0][5], 1e-4);
});
