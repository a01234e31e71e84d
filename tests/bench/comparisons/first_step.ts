// How long a user waits for the first step, set-up included: with an empty shader cache, and with what an earlier run left.

import type { SpecSize } from "../../support/gpt_spec.ts";
import type { Comparison } from "../comparison.ts";
import { ours } from "../peer_commands.ts";
import type { TrainingTask } from "../tasks.ts";
import type { Workbench } from "../workbench.ts";

const SIZE: SpecSize = { L: 4, H: 4, C: 256, T: 256, B: 8, V: 256 };
const [COLD_SECONDS, WARM_SECONDS] = [5, 1];

export function firstStep(bench: Workbench): Comparison[] {
  const task: TrainingTask = { size: SIZE, minMs: 0 };
  const common = {
    unit: "s",
    figureOf: (unitMs: number) => unitMs / 1000,
    rounds: bench.rounds,
  };
  return [
    {
      ...common,
      title: "first step, empty shader cache",
      contenders: [ours("first_step.ts", task, { env: { MESA_SHADER_CACHE_DISABLE: "true" } })],
      bars: [{ atMost: COLD_SECONDS }],
    },
    {
      ...common,
      title: "first step, shader cache of an earlier run",
      contenders: [ours("first_step.ts", task)],
      bars: [{ atMost: WARM_SECONDS }],
    },
  ];
}
