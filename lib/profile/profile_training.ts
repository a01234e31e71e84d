// The profile of a training step: every dispatch of it on its own, then whole steps as training makes them.

import type { GpuBackend, GpuProgram } from "../../kernels/program/gpu_backend.ts";
import { randomU32 } from "../common/random.ts";
import type { BatchSource, Trainer } from "../training/trainer.ts";
import { profilePrograms } from "./profile_program.ts";
import type { ProfileRow } from "./profile_rows.ts";

/** Where the time of a step, or of a token, goes. */
export interface PartProfile {
  /** Tokens learned from, or made. */
  readonly tokens: number;
  /** One for each phase, operation, kernel and shape; their times add up to what the device works. */
  readonly rows: readonly ProfileRow[];
  /** Command buffers handed to the device. */
  readonly submits: number;
  /**
   * JavaScript: batches, writes, encoding, and submits where they do not compute, ms. A GPU works meanwhile.
   */
  readonly hostMs: number;
  /**
   * Without instruments, from the first write until the result is read, ms: the best, and the one in the
   * middle.
   */
  readonly wallMs: number;
  readonly medianWallMs: number;
}

/** Who is told how far it is. */
export type OnProgress = (text: string) => void;

/**
 * Profiles a step.
 *
 * @param options.rounds how often every dispatch is timed
 * @param options.steps whole steps timed without instruments
 */
export async function profileTraining(
  gpu: GpuBackend,
  trainer: Trainer,
  options: {
    batches: BatchSource;
    microSteps: number;
    rounds: number;
    steps: number;
    onProgress: OnProgress;
  },
): Promise<PartProfile> {
  const { batches, rounds, steps, onProgress } = options;
  const programs = [
    { program: trainer.programs.microStep as GpuProgram, repeats: options.microSteps },
    { program: trainer.programs.update as GpuProgram, isUpdate: true },
    { program: gpu.refreshProgram, isUpdate: true },
  ];
  // A driver compiles a kernel when it runs for the first time.
  await profilePrograms(gpu, programs, {
    rounds: 1,
    onCommand: (done, total) =>
      onProgress(`Compiling the kernels of a step: dispatch ${done + 1} of ${total}`),
  });
  trainer.queueStep(batches);
  await trainer.drain();
  let round = 0;
  const rows = await profilePrograms(gpu, programs, {
    rounds,
    prepare: () => onProgress(`Timing every dispatch of a step: round ${++round} of ${rounds}`),
  });
  const walls: number[] = [];
  const hosts: number[] = [];
  const submits = gpu.submits;
  for (let step = 0; step < steps; step++) {
    onProgress(`Timing whole steps: ${step + 1} of ${steps}`);
    const startedAt = performance.now();
    const submitMs = gpu.submitMs;
    trainer.queueStep(batches);
    gpu.flush();
    hosts.push(hostMsSince(gpu, { startedAt, submitMs }));
    await trainer.drain();
    walls.push(performance.now() - startedAt);
  }
  return {
    tokens: trainer.tokensPerStep,
    rows,
    submits: (gpu.submits - submits) / steps,
    hostMs: Math.min(...hosts),
    wallMs: Math.min(...walls),
    medianWallMs: medianOf(walls),
  };
}

/**
 * Made-up tokens, frequent and rare ones as text has them: the time of everything but the gradient of the
 * embedding is the same for all tokens.
 */
export function syntheticBatches(vocabSize: number): BatchSource {
  const fill = (stream: number, ids: Uint32Array) => {
    for (let i = 0; i < ids.length; i++) ids[i] = syntheticToken(vocabSize, { stream, index: i });
  };
  return {
    trainingBatch(microStep, tokens, targets): void {
      fill(2 * microStep, tokens);
      fill(2 * microStep + 1, targets);
    },
    evaluationBatches: 0,
    evaluationBatch: () => 0,
  };
}

/** A token below `vocabSize`, the lower the likelier. */
export function syntheticToken(vocabSize: number, place: { stream: number; index: number }): number {
  const uniform = randomU32({ seed: 1, stream: place.stream }, place.index) / 2 ** 32;
  return Math.floor(vocabSize * uniform * uniform);
}

/** Time the host has worked: a software adapter's own work happens in the submits and is left out. */
export function hostMsSince(gpu: GpuBackend, start: { startedAt: number; submitMs: number }): number {
  const elapsed = performance.now() - start.startedAt;
  return gpu.device.traits.isSoftware ? elapsed - (gpu.submitMs - start.submitMs) : elapsed;
}

/** The value in the middle. */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
