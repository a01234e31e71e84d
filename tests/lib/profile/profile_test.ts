import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../lib/common/errors.ts";
import { profileModel } from "../../../lib/profile/profile.ts";
import { profilePrograms } from "../../../lib/profile/profile_program.ts";
import { sumRows } from "../../../lib/profile/profile_rows.ts";
import { syntheticToken } from "../../../lib/profile/profile_training.ts";
import type { GpuProgram } from "../../../kernels/program/gpu_backend.ts";
import { openTestGpu } from "../../support/gpu.ts";
import { openTinyRun, tinyConfig } from "../../support/tiny_model.ts";

Deno.test("profileModel() measures every dispatch of a step and of a token", async () => {
  const gpu = await openTestGpu();
  if (!gpu) return;
  await gpu[Symbol.asyncDispose]();
  const config = tinyConfig({ training: { gradientAccumulationSteps: 3 } });
  const texts: string[] = [];
  const profile = await profileModel(config, {
    rounds: 1,
    steps: 1,
    onEvent: ({ text }) => texts.push(text),
  });
  const { step, token } = profile;
  assertEquals([profile.microSteps, step!.tokens, token!.tokens], [3, 3 * 2 * 8, 1]);
  assert(profile.ceilings.gflops > 0 && step!.wallMs > 0 && step!.hostMs > 0 && step!.submits >= 1);
  for (const part of [step!, token!]) {
    const total = sumRows(part.rows).ms;
    assert(total > 0);
    assertAlmostEquals(part.rows.reduce((sum, { ms }) => sum + ms / total, 0), 1);
  }
  const phases = new Set(step!.rows.map(({ phase }) => phase));
  assertEquals(phases, new Set(["forward", "loss", "backward", "update"]));
  // Three micro-steps look tokens up, one update follows.
  const dispatches = new Map(step!.rows.map(({ kernel, dispatches }) => [kernel, dispatches]));
  assertEquals([dispatches.get("embedding_forward"), dispatches.get("adamw_update")], [3, 1]);
  assert(texts.length > 3, "progress is told");
});

Deno.test("profileModel() leaves out what is not asked for, and refuses the reference", async () => {
  const gpu = await openTestGpu();
  if (!gpu) return;
  await gpu[Symbol.asyncDispose]();
  const config = tinyConfig();
  const { step, token } = await profileModel(config, { only: "token", rounds: 1, steps: 1 });
  assertEquals([step, token === undefined], [undefined, false]);
  config.resources.device = "reference";
  const refused = () => profileModel(config, { rounds: 1, steps: 1 });
  await assertRejects(refused, UsageError, "Cannot profile the reference");
});

Deno.test("profilePrograms() times the programs of a step with everything they dispatch", async () => {
  await using gpu = await openTestGpu();
  if (!gpu) return;
  const { trainer } = openTinyRun(gpu, tinyConfig(), 11);
  const { microStep, update } = trainer.programs;
  const programs = [microStep, update].map((program) => program as GpuProgram);
  const done: number[] = [];
  let prepared = 0;
  const rows = await profilePrograms(gpu, programs.map((program) => ({ program })), {
    rounds: 2,
    prepare: () => void prepared++,
    onCommand: (command, total) => done.push(command / total),
  });
  const commands = programs.reduce((sum, program) => sum + program.commands.length, 0);
  assertEquals([sumRows(rows).dispatches, prepared], [commands, 2]);
  if (gpu.device.traits.isSoftware) assertEquals(done.length, 2 * commands);
  assert(done.every((share) => share < 1));
});

Deno.test("syntheticToken() makes low tokens likelier and stays in the vocabulary", () => {
  const tokens = Array.from({ length: 4000 }, (_, index) => syntheticToken(10, { stream: 1, index }));
  const counts = Array.from({ length: 10 }, (_, token) => tokens.filter((other) => other === token).length);
  assertEquals(counts.reduce((a, b) => a + b), 4000);
  assert(counts[0] > 2 * counts[1] && counts[1] > counts[9] && counts[9] > 0, counts.join());
});
