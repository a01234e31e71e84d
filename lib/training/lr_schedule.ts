// Learning rate as a pure function of the step: linear warm-up, then cosine, linear or no decay to the minimum.
// A step is one optimizer update, whatever the number of micro-steps in it.

/** The keys of `training` the schedule depends on. */
export interface ScheduleOptions {
  readonly learningRate: number;
  readonly minLearningRate: number;
  readonly warmupSteps: number;
  readonly maxSteps: number;
  readonly schedule: "cosine" | "linear" | "constant";
}

/**
 * Learning rate of update `step`, counted from 0.
 *
 * @returns rises from learningRate / warmupSteps to learningRate, then falls to minLearningRate at the last update
 */
export function lrSchedule(step: number, options: ScheduleOptions): number {
  const { learningRate, minLearningRate, warmupSteps, maxSteps, schedule } = options;
  if (step < warmupSteps) return learningRate * (step + 1) / warmupSteps;
  if (schedule === "constant") return learningRate;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, maxSteps - 1 - warmupSteps));
  const share = schedule === "cosine" ? (1 + Math.cos(Math.PI * progress)) / 2 : 1 - progress;
  return minLearningRate + (learningRate - minLearningRate) * share;
}
